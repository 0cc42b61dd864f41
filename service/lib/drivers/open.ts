import type { Io } from '../io.js';
import type { Driver, Intake } from './driver.js';
import { ExecDriver } from './exec.js';
import type { ExecOptions } from './exec.js';
import { FolderDriver } from './folder.js';
import type { FolderOptions } from './folder.js';
import { PushDriver } from './push.js';
import type { PushOptions } from './push.js';
import { ReplayDriver } from './replay.js';
import type { ReplayOptions } from './replay.js';
import { V4l2Driver } from './v4l2.js';
import type { V4l2Options } from './v4l2.js';

/** What a camera is driven by; `driver` tells the kinds apart. */
export type DriverOptions = FolderOptions | ExecOptions | PushOptions | ReplayOptions | V4l2Options;

/** Kinds of drivers to which frames come unasked. */
export const PUSHING_DRIVERS: readonly DriverOptions['driver'][] = ['folder', 'push', 'replay'];

/** Opens a camera. @param intake takes frames that come unasked; null: they wait, or are refused */
export function openDriver(io: Io, name: string, options: DriverOptions, intake: Intake | null): Driver {
  switch (options.driver) {
    case 'folder':
      return new FolderDriver(io, name, options, intake);
    case 'exec':
      return new ExecDriver(io, name, options);
    case 'push':
      return new PushDriver(io, name, options, intake);
    case 'replay':
      return new ReplayDriver(io, name, options, intake);
    case 'v4l2':
      return new V4l2Driver(io, name, options);
  }
}
