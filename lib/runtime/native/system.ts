/** What a service asks of Linux. Failures have the code SYSTEM, the call as their message, and its `errno`. */

import type { NativeTicket } from './runtime.js';

/** A thread's place among all others. What is not given stays as it is. */
export interface NativeSchedulingChange {
  readonly policy?: 'other' | 'batch' | 'idle';
  readonly nice?: number;
  /** Numbers of processors, one at least. */
  readonly cpus?: Int32Array;
}

/** One frame of a camera of Video4Linux 2. */
export interface NativeVideoRequest {
  readonly path: string;
  readonly width: number;
  readonly height: number;
  readonly coding: 'MJPG' | 'YUYV' | 'GREY';
  /** Frames that are let go first. */
  readonly skip: number;
  readonly timeoutMs: number;
}

export interface NativeVideoFrame {
  /** MJPG: a JPEG. YUYV: red, green and blue. GREY: one byte a pixel. */
  readonly data: Uint8Array;
  readonly sequence: number;
  /** Frames before it that were not whole. */
  readonly damaged: number;
}

/** The part of the addon that is about the operating system. */
export interface SystemBinding {
  /** SO_PEERCRED of a connected Unix socket. */
  peerCredentials(descriptor: number): { readonly pid: number; readonly uid: number; readonly gid: number };
  /** Sends one datagram to a Unix socket, without waiting. An address that begins with '@' is an abstract one. */
  sendDatagram(address: string, text: string): void;
  /** Takes the lock of an open file; false where somebody else holds it. */
  lockFile(descriptor: number): boolean;
  /** @param thread id of a thread; 0: the calling one */
  setScheduling(thread: number, change: NativeSchedulingChange): void;
  /** `policy` is the kernel's number. */
  scheduling(thread: number): { readonly policy: number; readonly nice: number; readonly cpus: readonly number[] };
  /** ARGUMENT: the camera cannot do that. SYSTEM with ETIMEDOUT: no whole frame came in time. */
  captureVideo(request: NativeVideoRequest, ticket: NativeTicket): Promise<NativeVideoFrame>;
}

export const SYSTEM_FUNCTIONS = [
  'peerCredentials',
  'sendDatagram',
  'lockFile',
  'setScheduling',
  'scheduling',
  'captureVideo',
] as const satisfies readonly (keyof SystemBinding)[];
