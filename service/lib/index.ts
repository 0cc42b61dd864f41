/** Version of the service's protocol and store. */
export const SERVICE_VERSION = 1;
export { checkConfig, readConfig } from './config.js';
export type { ServiceConfig } from './config.js';
export { ServiceError } from './errors.js';
export { realIo } from './io.js';
export { startService } from './service.js';
export type { CaptureService, Log } from './service.js';
