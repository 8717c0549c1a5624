import type { Device, DeviceAttribute } from '../../../schema/types.ts';
import type { Candidate } from './pools.ts';
import type { ClaimPlan, Request } from './requests.ts';

/** All devices of some requests have the same value of an attribute; of all requests where none is named. */
export class MatchAttribute {
  private readonly requests: ReadonlySet<string>;
  private value: string | undefined;
  private devices = 0;

  private readonly attribute: string;

  constructor({ attribute, requests = [] }: ClaimPlan['constraints'][number]) {
    this.attribute = attribute;
    this.requests = new Set(requests);
  }

  /** Whether the device may be one of them; if so it is. */
  add(request: Request, candidate: Candidate): boolean {
    if (!this.concerns(request)) return true;
    const value = valueOf(attributeOf(candidate, this.attribute));
    if (value === undefined || (this.devices > 0 && value !== this.value)) return false;
    this.value = value;
    this.devices++;
    return true;
  }

  /** Takes back one `add`. */
  remove(request: Request): void {
    if (this.concerns(request)) this.devices--;
  }

  private concerns({ base, reference }: Request): boolean {
    return this.requests.size === 0 || this.requests.has(base) || this.requests.has(reference);
  }
}

/** By its full name, or without the domain where that is the driver's. */
function attributeOf({ device, slice }: Candidate, name: string): DeviceAttribute | undefined {
  const whole = own(device, name);
  if (whole) return whole;
  const slash = name.indexOf('/');
  return slash >= 0 && name.slice(0, slash) === slice.spec.driver ? own(device, name.slice(slash + 1)) : undefined;
}
const own = ({ attributes = {} }: Device, name: string): DeviceAttribute | undefined =>
  Object.hasOwn(attributes, name) ? attributes[name] : undefined;

/** Equal values of one type are one text; undefined for a value of no known type. */
function valueOf({ string, int, bool, version }: DeviceAttribute = {}): string | undefined {
  if (string !== undefined) return `string ${string}`;
  if (int !== undefined) return `int ${int}`;
  if (bool !== undefined) return `bool ${bool}`;
  return version === undefined ? undefined : `version ${version}`;
}
