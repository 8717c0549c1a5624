import { deviceProgram } from '../../cgroups/device-program.ts';
import type { HeldDevices } from '../../cgroups/devices.ts';
import type { Step } from './plan.ts';

/** Steps that hold a cgroup to the devices that its processes may use, before any is in it. */
export const deviceSteps = (held: HeldDevices | undefined): Step[] =>
  held ? [['devices', held.directory, deviceProgram(held.allowed)]] : [];
