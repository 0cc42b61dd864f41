/** What a service asks of Linux. Failures have the code SYSTEM, the call as their message, and its `errno`. */

/** A thread's place among all others. What is not given stays as it is. */
export interface NativeSchedulingChange {
  readonly policy?: 'other' | 'batch' | 'idle';
  readonly nice?: number;
  /** Numbers of processors, one at least. */
  readonly cpus?: Int32Array;
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
}

export const SYSTEM_FUNCTIONS = [
  'peerCredentials',
  'sendDatagram',
  'lockFile',
  'setScheduling',
  'scheduling',
] as const satisfies readonly (keyof SystemBinding)[];
