import type { Device, DeviceAttribute } from '../../../../schema/types.ts';
import { invalid, tooLong, type FieldError, type Path } from '../../../meta/field.ts';
import { isDns1123Label } from '../../../meta/names.ts';
import type { Parts } from '../../../meta/object.ts';
import { validateRule } from '../../validation/values.ts';
import { qualifiedNameErrors } from './bounds.ts';

type Attribute = Parts<DeviceAttribute>;
/** attributes and capacities together */
const MAX_FACTS = 32;
const MAX_VALUE = 64;
/** domain, slash and identifier */
const MAX_KEY = 63 + 1 + 32;
// semver.org, 2.0.0
const NUMBER = String.raw`(0|[1-9]\d*)`;
const PRERELEASE = String.raw`(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)`;
const BUILD = '[0-9a-zA-Z-]+';
const SEMVER = new RegExp(
  String.raw`^${NUMBER}\.${NUMBER}\.${NUMBER}(-${PRERELEASE}(\.${PRERELEASE})*)?(\+${BUILD}(\.${BUILD})*)?$`,
);
const ONE_VALUE = 'exactly one value must be specified';

/** A key that is too long to print loses its middle. */
function shown(key: string): string {
  const rest = MAX_KEY - 3;
  return key.length <= MAX_KEY ? key : `${key.slice(0, (rest + 1) >> 1)}...${key.slice(key.length - (rest >> 1))}`;
}

/** As Go prints the internal struct. */
const internal = ({
  int = null,
  bool = null,
  string = null,
  version = null,
}: Partial<Record<keyof Attribute, unknown>>): unknown => ({
  IntValue: int,
  BoolValue: bool,
  StringValue: string,
  VersionValue: version,
});

function attributeErrors(attribute: Attribute, at: Path): FieldError[] {
  const { string, version } = attribute;
  const errors: FieldError[] = [];
  if (string !== undefined && Buffer.byteLength(string) > MAX_VALUE)
    errors.push(tooLong(at.child('string'), MAX_VALUE));
  if (version !== undefined) {
    if (!SEMVER.test(version))
      errors.push(invalid(at.child('version'), version, 'must be a string compatible with semver.org spec 2.0.0'));
    if (Buffer.byteLength(version) > MAX_VALUE) errors.push(tooLong(at.child('version'), MAX_VALUE));
  }
  const values = [attribute.int, attribute.bool, string, version].filter((value) => value !== undefined).length;
  if (values === 0) errors.push(invalid(at, '', ONE_VALUE));
  if (values > 1) errors.push(invalid(at, internal(attribute), ONE_VALUE));
  return errors;
}

/** One device of a slice: its name, and what expressions may ask of it. */
export function deviceErrors({ name = '', attributes = {}, capacity = {} }: Parts<Device>, at: Path): FieldError[] {
  const errors = validateRule(name, isDns1123Label, at.child('name'));
  const count = Object.keys(attributes).length + Object.keys(capacity).length;
  if (count > MAX_FACTS)
    errors.push(invalid(at, count, `the total number of attributes and capacities must not exceed ${MAX_FACTS}`));
  for (const [key, attribute] of Object.entries(attributes)) {
    errors.push(
      ...qualifiedNameErrors(key, at.child('attributes')),
      ...attributeErrors(attribute, at.child('attributes').key(shown(key))),
    );
  }
  for (const key of Object.keys(capacity)) errors.push(...qualifiedNameErrors(key, at.child('capacity')));
  return errors;
}
