import { badRequest } from '../../meta/status.ts';
import { short, type Place } from './conditions.ts';
import type { Demand } from './demand.ts';
import { Meter } from './meter.ts';

/** Conditions of one filter, and how deep they are in each other: each is tried on every object of a list. */
const MAX_CONDITIONS = 100;
const MAX_DEPTH = 64;
/** Values in the lists of one filter. */
const MAX_VALUES = 10_000;
/** More than these take their time on each object. */
const MANY_CONDITIONS = 16;

/** What a filter has of conditions, and what it reads. */
export class Tally {
  readonly paths: (readonly string[])[] = [];
  readonly meter = new Meter();
  readonly demands: Demand[] = [];
  private conditions = 0;
  private leaves = 0;
  private listed = 0;
  /** conditions on lists, which are as long as they are */
  lists = 0;

  /** see Filter */
  get heavy(): boolean {
    return this.meter.used || this.lists > 0 || this.conditions > MANY_CONDITIONS;
  }

  /** see Filter */
  get simple(): boolean {
    return this.leaves === 1 && this.demands.length === 1;
  }

  /** A condition is tried on every object: they are counted. */
  count({ at, depth }: Place): void {
    if (++this.conditions > MAX_CONDITIONS) throw badRequest(`where: more than ${MAX_CONDITIONS} conditions`);
    if (depth > MAX_DEPTH) throw badRequest(`${short(at)}: deeper than ${MAX_DEPTH} conditions`);
  }

  /** Values that a condition lists are read one by one when it is compiled. */
  list(values: number): void {
    this.listed += values;
    if (this.listed > MAX_VALUES) throw badRequest(`where: more than ${MAX_VALUES} values in lists`);
  }

  /** Keeps which values of an object are looked at: what a list has is part of the list. */
  reads(path: readonly string[]): void {
    this.leaves++;
    this.paths.push(path);
  }
}
