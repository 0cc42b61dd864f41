import type { Capture, PublicCapture } from '../capture/capture.js';
import type { ServiceClock } from '../clock.js';

/** A capture as its app is told of it: times to come by the wall clock as it stands. */
export function told({ times: _, ...capture }: Capture, clock: ServiceClock): PublicCapture {
  const { expiresAt, deadline } = capture.request;
  const request = { ...capture.request, expiresAt: clock.toWall(expiresAt), deadline: clock.toWall(deadline) };
  return { ...capture, request, holdUntil: clock.toWall(capture.holdUntil) };
}
