/** Star sensor: frames of stars, simulated, restored and measured. */
export { solveAttitude } from './attitude/attitude.js';
export type { Attitude, AttitudeMethod, StarPair } from './attitude/attitude.js';
export { Camera } from './camera.js';
export type { AxisMatrix, CameraOptions } from './camera.js';
export type { Matrix3, Vector } from './linear.js';
export { tracePath } from './motion-path.js';
export type { Epoch, GyroMotion, PathPoint } from './motion-path.js';
export { pathPsf } from './path-psf.js';
export type { PathMode, PathPsfOptions } from './path-psf.js';
export { simulate } from './simulate.js';
export type { SimulateOptions, SimulatedFrame, Star, StraightMotion } from './simulate.js';
