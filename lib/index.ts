export * as psf from './deconvolve/psf/index.js';
export { Deconvolver, deconvolve } from './deconvolve/deconvolver.js';
export type { DeconvolveOptions, StopRule } from './deconvolve/options.js';
export { DEFAULT_DECONVOLUTION_BUDGET, formatDeconvolutionPlan } from './deconvolve/plan.js';
export type { DeconvolutionPlan } from './deconvolve/plan.js';
export type { PsfSource } from './deconvolve/psf-source.js';
export type { DeconvolutionReport, StopReason } from './deconvolve/report.js';
export type { TileAxis, TileLayout } from './deconvolve/tiles.js';
export type { EngineOptions } from './engine-options.js';
export * from './errors.js';
export type { PlanSize, RestoreInput, RestoreOptions } from './frame-restorer.js';
export { Fft, FftPlan, MAX_FFT_LENGTH, fft } from './fft.js';
export type { FftImage, FftLines, FftOptions, HalfSpectrum } from './fft.js';
export type { FftCache } from './fft-cache.js';
export type { AnyFrame, AnyFrameSize, Channels, Depth, FloatFrame, Frame, FrameSize } from './image/frame.js';
export type { EncodedImage } from './image/decode.js';
export type { ImageMetadata } from './image/metadata/metadata.js';
export { DEFAULT_MODEL, listModels } from './model/catalog.js';
export type {
  Acceleration, Algorithm, Boundary, BufferPlan, ConvShape, ConvUse, DeconvolutionMethod, IsaInfo, NetworkShape, PassPlan, PassShape, Samples,
  SignalPrior, SolverPlan, SolverShape,
} from './native/binding.js';
export type { ConvChoice } from './native/convolutions.js';
export { loadBinding } from './native/loader.js';
export type { Progress } from './progress.js';
export { RestoredImage } from './restored.js';
export type { NetworkReport, RestorationReport, RunReport } from './restored.js';
export { Restorer } from './restorer.js';
export type { Ensemble, ModelInfo, RestorerOptions } from './restorer.js';
export { DEFAULT_BUDGET, parseBudget } from './scheduler/budget.js';
export { formatPlan } from './scheduler/plan.js';
export type { Plan } from './scheduler/plan.js';
export type { MemoryPlan, PlannedBuffer } from './scheduler/memory-plan.js';
export type { PanelLayout, Panel } from './scheduler/passes.js';
export type { RowSource, Strip } from './scheduler/stream.js';
export { VERSION } from './version.js';
