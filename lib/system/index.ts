/**
 * What a service needs of Linux and Node lacks: `import { peerCredentials } from 'perifocal/system'`. Elsewhere every
 * function throws SystemError with `errno` ENOSYS.
 */

export { lockFile } from './lock.js';
export { notifySystemd, peerCredentials } from './sockets.js';
export type { PeerCredentials, SystemdState } from './sockets.js';
export { readScheduling, setScheduling } from './scheduling.js';
export type { SchedulingOptions, ThreadScheduling } from './scheduling.js';
export { captureVideo, videoBytes } from './video.js';
export type { VideoCoding, VideoFrame, VideoOptions } from './video.js';
export { SystemError } from '../runtime/errors.js';
