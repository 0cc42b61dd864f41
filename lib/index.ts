export * as metrics from './metrics/index.js';
export * as stars from './stars/index.js';
export * as psf from './deconvolve/psf/index.js';
export { Deconvolver, deconvolve } from './deconvolve/deconvolver.js';
export type { DeconvolveOptions, StopRule } from './deconvolve/options.js';
export { DEFAULT_DECONVOLUTION_BUDGET, formatDeconvolutionPlan } from './deconvolve/plan.js';
export type { DeconvolutionPlan } from './deconvolve/plan.js';
export type { PsfSource } from './deconvolve/psf-source.js';
export type { DeconvolutionReport, StopReason } from './deconvolve/report.js';
export type { TileAxis, TileLayout } from './deconvolve/tiles.js';
export type { EngineOptions } from './engine-options.js';
export { estimate } from './estimate/estimate.js';
export { writeEstimate } from './estimate/output.js';
export type { Affine } from './estimate/reference/affine.js';
export type { ReferenceEstimate } from './estimate/reference/estimate.js';
export type { Registration } from './estimate/reference/register.js';
export type { NoiseEstimate } from './estimate/noise.js';
export type { BlurEstimate, Estimate, EstimateOptions } from './estimate/estimate.js';
export type { BlindConfidence, BlindEstimate } from './estimate/blind/estimate.js';
export type { BlurOfKind, EstimateKind, EstimateProgress } from './estimate/blur.js';
export type { MotionConfidence, MotionEstimate } from './estimate/motion/estimate.js';
export type { DefocusEstimate, RadiusField } from './estimate/defocus.js';
export type { BlurShape } from './estimate/shape.js';
export type { Confidence } from './estimate/verdict.js';
export * from './errors.js';
export type { FileJob, FileOutcome } from './file-sequence.js';
export type { PlanSize, RestoreInput, RestoreOptions } from './frame-restorer.js';
export { Fft, FftPlan, MAX_FFT_LENGTH, fft } from './fft.js';
export type { FftImage, FftLines, FftOptions, HalfSpectrum } from './fft.js';
export type { FftCache } from './fft-cache.js';
export type { AnyFrame, AnyFrameSize, Channels, Depth, FloatFrame, Frame, FrameSize, Region } from './image/frame.js';
export type { EncodedImage } from './image/decode.js';
export type { ImageMetadata } from './image/metadata/image-metadata.js';
export { DEFAULT_MODEL, listModels } from './model/catalog.js';
export type {
  Acceleration,
  Algorithm,
  Boundary,
  BufferPlan,
  ConvShape,
  ConvUse,
  DeconvolutionMethod,
  IsaInfo,
  NetworkShape,
  PassPlan,
  PassShape,
  Samples,
  SignalPrior,
  SolverPlan,
  SolverShape,
} from './native/binding.js';
export type { ConvChoice } from './native/convolutions.js';
export { loadBinding } from './native/loader.js';
export type { Progress } from './progress.js';
export { createReport, writeReport } from './report/report.js';
export type { ReportOptions } from './report/report.js';
export { RestoredImage } from './restored.js';
export type { NetworkReport, RestorationReport } from './restored.js';
export { Restorer } from './restorer.js';
export type { Ensemble, ModelInfo, RestorerOptions } from './restorer.js';
export type { RunReport } from './run-report.js';
export { DEFAULT_BUDGET, parseBudget } from './scheduler/budget.js';
export { formatPlan } from './scheduler/plan.js';
export type { Plan } from './scheduler/plan.js';
export type { MemoryPlan, PlannedBuffer } from './scheduler/memory-plan.js';
export type { PanelLayout, Panel } from './scheduler/passes.js';
export type { RowSource, Strip } from './scheduler/stream.js';
export { VERSION } from './version.js';
