/**
 * Star sensor: frames of stars, simulated, restored and measured.
 *
 * Its rooms import in one direction: track > restore > measure > simulate > identify > catalogue > sky.
 * - sky: cameras, catalogues, attitudes, and how stars move over a turning sensor.
 * - catalogue: tables of stars made from what others publish.
 * - identify: which stars these are, and where the camera looked.
 * - simulate: star frames with known truth.
 * - measure: the plane of a frame, how stars are blurred, where they are.
 * - restore: one file a method; a star frame as an operation.
 * - track: sequences of frames.
 */
export { solveAttitude } from './sky/attitude.js';
export type { Attitude, AttitudeMethod, StarPair } from './sky/attitude.js';
export type { Quaternion } from './sky/davenport.js';
export { pointingMatrix, projectCatalogue, readCatalogue, skyDirection } from './sky/catalogue.js';
export type { CatalogueStar, Pointing, ProjectOptions } from './sky/catalogue.js';
export { StarCatalogue } from './sky/star-catalogue.js';
export type { KnownStar } from './sky/star-catalogue.js';
export { CATALOGUE_FORMATS, buildCatalogue } from './catalogue/build.js';
export type { BuildCatalogueOptions, BuiltCatalogue, CatalogueFormat, LeftOut } from './catalogue/build.js';
export type { ColumnFacts } from './catalogue/columns.js';
export { StarIdentifier, identify } from './identify/identifier.js';
export { calibrateIdentified } from './identify/calibrate-identified.js';
export type { SeenStar } from './identify/field.js';
export type { AttitudePrior } from './identify/prior.js';
export type { Declined, DeclinedReason, Identification, Solved, StarMatch } from './identify/identification.js';
export type { Handedness, IdentifierOptions, IdentifyOptions } from './identify/options.js';
export { calibrateCamera } from './sky/calibrate.js';
export type { Calibration, CalibrationOptions, StarSight } from './sky/calibrate.js';
export { Camera } from './sky/camera.js';
export type { AxisMatrix, CameraOptions, LensOptions } from './sky/camera.js';
export type { Matrix3, Vector } from '../math/linear.js';
export { tracePath } from './sky/motion-path.js';
export type { Epoch, GyroMotion, PathPoint } from './sky/motion-path.js';
export { pathPsf } from './sky/path-psf.js';
export type { PathMode, PathPsfOptions } from './sky/path-psf.js';
export type { Place, Star } from './sky/place.js';
export type { StraightMotion } from './sky/trail.js';
export { simulate } from './simulate/simulate.js';
export type { SimulateOptions, SimulatedFrame } from './simulate/simulate.js';
export type { BlindDefocus } from './measure/blind-defocus.js';
export type { BlindMotion } from './measure/blind-motion.js';
export type { LookDecision, LookKind } from './measure/decide-look.js';
export type { StarFit } from './measure/fit.js';
export type { CameraMotion } from './measure/blur-settings.js';
export { kernelFeatures, predictIterations } from './restore/iterations.js';
export type { IterationQuery, IterationRule, KernelFeatures } from './restore/iterations.js';
export type { StarMethod } from './restore/method.js';
export type { RestoreStarsOptions, StarOptions } from './restore/options.js';
export type { StarFrameSize, StarPlan } from './restore/plan.js';
export type { CentroidMethod } from './restore/recentre.js';
export { StarResult } from './restore/result.js';
export type { StarFindings, StarOutcome, StarReport, StarShape } from './restore/result.js';
export { planStars, restoreStars } from './restore-stars.js';
export { AttitudeTracker } from './track/attitude-tracker.js';
export type { AttitudeTrackerOptions, NextAttitudeOptions, TrackedAttitude } from './track/attitude-tracker.js';
export type { TurnRate } from './track/turn-rate.js';
export { StarTracker } from './track/tracker.js';
export type { NextFrameOptions, StarTrackerOptions, TrackedFrame } from './track/tracker.js';
export type { RateDisagreement } from './track/disagreement.js';
export type { StarTrack } from './track/tracks.js';
export type { FieldMotion } from './track/transform.js';
export { drawStars } from './draw.js';
export { formatCsv, toTetra3, writeCsv } from './export.js';
