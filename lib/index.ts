export * as metrics from './metrics/index.js';
export * as stars from './stars/index.js';
export * as psf from './psf/index.js';
export { Deconvolver, deconvolve } from './deconvolve/deconvolver.js';
export type { DefectPicture } from './deconvolve/defects/known.js';
export type { DeconvolveOptions, StopRule } from './deconvolve/settings.js';
export { DEFAULT_DECONVOLUTION_BUDGET } from './deconvolve/plan.js';
export type { DeconvolutionPlan } from './deconvolve/plan.js';
export type { PsfSource } from './deconvolve/psf-source.js';
export type { DeconvolutionIntegrity, DeconvolutionReport } from './deconvolve/report.js';
export type { StopReason } from './deconvolve/stop.js';
export type { TileAxis, TileLayout } from './deconvolve/tiles.js';
export { estimate } from './estimate/estimate.js';
export { writeEstimate } from './estimate/output.js';
export { planEstimate } from './estimate/plan.js';
export type { EstimatePlanOptions } from './estimate/plan.js';
export type { Affine } from './estimate/reference/affine.js';
export type { Radiometry, ReferenceConfidence, ReferenceEstimate } from './estimate/reference/reference-estimate.js';
export type { Registration } from './estimate/reference/register.js';
export type { NoiseEstimate } from './estimate/noise-model.js';
export type { Estimate } from './estimate/estimate.js';
export type { BlurEstimate, CameraEstimate } from './estimate/operation.js';
export type { EstimateOptions } from './estimate/settings.js';
export type { BlindConfidence, BlindEstimate } from './estimate/blind/blind-blur.js';
export type { BlurOfKind, EstimateKind } from './estimate/blur.js';
export type { MotionConfidence, MotionEstimate } from './estimate/motion/motion-blur.js';
export type { DefocusEstimate, RadiusField } from './estimate/defocus.js';
export type { BlurShape } from './estimate/blur-shape.js';
export type { Confidence } from './estimate/verdict.js';
export * from './runtime/errors.js';
export type { WritingOptions } from './image/encode.js';
export type { TiffFormOptions } from './image/tiff/form.js';
export type { FileJob, FileOutcome } from './restoration/file-jobs.js';
export { FrameRestorer } from './restoration/frame-restorer.js';
export type {
  PlanSize,
  RestoreFileOptions,
  RestoreFilesOptions,
  RestoreInput,
  RestoreOptions,
} from './restoration/frame-restorer.js';
export type { FrameReport, SceneFacts } from './restoration/restoration.js';
export type { SceneOptions } from './restoration/scene/by-windows.js';
export type { ScenePlan } from './image/frame-memory.js';
export { Fft, FftPlan, fft } from './fft/fft.js';
export type { TransformOptions } from './fft/fft.js';
export { MAX_FFT_LENGTH } from './fft/shape.js';
export type { FftImage, FftLines, FftOptions, FftRequest, HalfSpectrum } from './fft/shape.js';
export type { FftCache } from './fft/fft-cache.js';
export type {
  AnyFrame,
  AnyFrameSize,
  Depth,
  FloatFrame,
  Frame,
  FrameSize,
  PixelSize,
  Region,
  RgbBands,
} from './image/frame.js';
export type { EncodedImage } from './image/decode.js';
export type { ImageMetadata } from './image/metadata/image-metadata.js';
export { DEFAULT_MODEL, listModels } from './network/model/catalog.js';
export type {
  Acceleration,
  Algorithm,
  Boundary,
  BufferPlan,
  ConvShape,
  ConvUse,
  DeconvolutionMethod,
  FaultKind,
  IntegrityCoverage,
  NetworkShape,
  PassPlan,
  PassShape,
  Samples,
  SignalPrior,
  SolverPlan,
  SolverShape,
} from './runtime/native/binding.js';
export type { ConvChoice } from './network/convolutions.js';
export type { IntegrityMode } from './runtime/integrity.js';
export type { AnswerOrigin, IntegrityReport, KnownAnswerReport } from './network/integrity.js';
export type { OnProgress, OperationOptions, Progress } from './runtime/progress.js';
export { planReport } from './report/plan.js';
export type { ReportPlanOptions } from './report/plan.js';
export { createReport, writeReport } from './report/report.js';
export type { Report, ReportOptions } from './report/report.js';
export { RestoredImage } from './restoration/restored-image.js';
export type { NetworkReport } from './network/network-restoration.js';
export type { ModelInfo } from './network/open.js';
export { readCamera, writeCamera } from './restore/camera.js';
export type { Camera } from './restore/camera.js';
export type { Choice, Means } from './restore/choice.js';
export { ChoosingRestorer } from './restore/choosing-restorer.js';
export type { ChosenMethod, ChosenPlan } from './restore/chosen-plan.js';
export type { ChosenReport, LeftReport } from './restore/chosen-report.js';
export type { BlurTrust } from './restore/known-blur.js';
export { Restorer } from './restore/restorer.js';
export type { RestorationReport } from './restore/restorer.js';
export type { ChoosingOptions, Ensemble, NetworkOptions, RestorerOptions } from './restore/options.js';
export type { WayReport } from './restore/ways.js';
export type { ModelFamily, ModelRange } from './network/model/range.js';
export { DEFAULT_BUDGET, parseBudget } from './runtime/budget.js';
export { formatPlan } from './restore/format-plan.js';
export type { Plan } from './network/plan.js';
export type { MemoryPlan, PlannedBuffer } from './runtime/memory-plan.js';
export type { PanelLayout, Panel } from './network/passes.js';
export type { MaskedRows, RowSource } from './network/row-source.js';
export type { Strip } from './network/stream.js';
export { DEFAULT_MEMORY, Runtime } from './runtime/runtime.js';
export type { MachineOptions, RuntimeChoice } from './runtime/runtime.js';
export type { ImageOptions } from './operation/options.js';
export type { EndsReport, OperationName, OperationReport } from './operation/report.js';
export { VERSION } from './runtime/version.js';
