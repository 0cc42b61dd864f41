import { UUID } from '../capture/request.js';
import { includesRole } from './access.js';
import type { Caller } from './auth.js';
import type { CameraStatus } from './context.js';
import type { Health } from './vitals.js';

const IDS = new RegExp(UUID.source.slice(1, -1), 'gi');
const PATHS = /(?<![\w.])\/[^\s:;,'")]+/g;
/** What a program of a camera has said about a capture of whoever. */
const SAID = /;? it said: [\s\S]*$/;

/** Text about all apps as one of them may read it: without ids of captures, paths, and what programs have said. */
const redact = (text: string): string => text.replace(SAID, '').replace(IDS, 'a capture').replace(PATHS, 'a file');

const isOperator = ({ role }: Caller): boolean => includesRole(role, 'operator');

/** Reasons as a caller may read them. */
export const reasonsFor = (caller: Caller, reasons: readonly string[]): readonly string[] =>
  isOperator(caller) ? reasons : reasons.map(redact);

export const healthFor = (caller: Caller, health: Health): Health => ({
  ...health,
  degraded: reasonsFor(caller, health.degraded),
});

export const camerasFor = (caller: Caller, cameras: readonly CameraStatus[]): readonly CameraStatus[] =>
  isOperator(caller)
    ? cameras
    : cameras.map((camera) => ({ ...camera, reason: camera.reason && redact(camera.reason) }));
