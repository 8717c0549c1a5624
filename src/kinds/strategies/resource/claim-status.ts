import { isIP } from 'node:net';
import type {
  AllocatedDeviceStatus,
  AllocationResult,
  DeviceAllocationConfiguration,
  DeviceRequestAllocationResult,
  NetworkDeviceData,
  ResourceResourceClaim,
  ResourceClaimConsumerReference,
} from '../../../../schema/types.ts';
import {
  forbidden,
  invalid,
  notSupported,
  Path,
  required,
  tooLong,
  tooMany,
  type FieldError,
} from '../../../meta/field.ts';
import { isDns1123Label } from '../../../meta/names.ts';
import type { Parts, Unchecked } from '../../../meta/object.ts';
import { internalValue } from '../../internal-value.ts';
import type { StrategyContext } from '../../kind.ts';
import { validateNodeSelector } from '../../validation/node-selector.ts';
import { IMMUTABLE, semanticallyEqual, validateRule } from '../../validation/values.ts';
import { validateCsiDriverName } from '../core/volume-sources.ts';
import { adminResultErrors } from './admin-access.ts';
import { boundedErrors, poolNameErrors, uniqueErrors } from './bounds.ts';
import { requestNames, requestRefErrors, requestRefsErrors } from './claim-spec.ts';
import { configurationErrors, MAX_CONFIGURATIONS, rawObjectErrors } from './configuration.ts';

interface Place {
  driver?: string;
  pool?: string;
  device?: string;
}
const STATUS = Path.root('status');
const MAX_CONSUMERS = 256;
const MAX_RESULTS = 32;
const MAX_CONDITIONS = 8;
const MAX_DATA = 10 * 1024;
const MAX_INTERFACE_NAME = 256;
const MAX_HARDWARE_ADDRESS = 128;
const MAX_IPS = 16;
const SOURCES = ['FromClaim', 'FromClass'];

const placeErrors = ({ driver, pool, device = '' }: Place, at: Path): FieldError[] => [
  ...validateCsiDriverName(driver, at.child('driver')),
  ...poolNameErrors(pool, at.child('pool')),
  ...validateRule(device, isDns1123Label, at.child('device')),
];
const idOf = ({ driver = '', pool = '', device = '' }: Place): string => `${driver}/${pool}/${device}`;

const consumerErrors = (consumer: Parts<ResourceClaimConsumerReference>, at: Path): FieldError[] =>
  (['resource', 'name', 'uid'] as const).filter((field) => !consumer[field]).map((field) => required(at.child(field)));

/** `10.1.2.3/24`: an address of an interface with the length of its network. */
function addressErrors(address: string, at: Path): FieldError[] {
  const [ip = '', length = ''] = address.split('/');
  const family = isIP(ip);
  const good =
    family !== 0 &&
    address.split('/').length === 2 &&
    /^\d+$/.test(length) &&
    Number(length) <= (family === 4 ? 32 : 128);
  return good
    ? []
    : [invalid(at, address, 'must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)')];
}

function networkErrors(network: Parts<NetworkDeviceData> | undefined, at: Path): FieldError[] {
  const { interfaceName = '', hardwareAddress = '', ips } = network ?? {};
  return [
    ...(Buffer.byteLength(interfaceName) > MAX_INTERFACE_NAME
      ? [tooLong(at.child('interfaceName'), MAX_INTERFACE_NAME)]
      : []),
    ...(Buffer.byteLength(hardwareAddress) > MAX_HARDWARE_ADDRESS
      ? [tooLong(at.child('hardwareAddress'), MAX_HARDWARE_ADDRESS)]
      : []),
    ...uniqueErrors(ips, MAX_IPS, addressErrors, (ip) => ip, at.child('ips')),
  ];
}

function deviceErrors(device: Parts<AllocatedDeviceStatus>, allocated: ReadonlySet<string>, at: Path): FieldError[] {
  const errors = placeErrors(device, at);
  if (!allocated.has(idOf(device))) {
    const id = { Driver: device.driver ?? '', Pool: device.pool ?? '', Device: device.device ?? '', ShareID: '' };
    errors.push(invalid(at, id, 'must be an allocated device in the claim'));
  }
  const count = device.conditions?.length ?? 0;
  if (count > MAX_CONDITIONS) errors.push(tooMany(at.child('conditions'), count, MAX_CONDITIONS));
  if (device.data !== undefined) errors.push(...rawObjectErrors(device.data, MAX_DATA, at.child('data')));
  return [...errors, ...networkErrors(device.networkData, at.child('networkData'))];
}

function allocationErrors(allocation: Parts<AllocationResult>, names: ReadonlySet<string>): FieldError[] {
  const at = STATUS.child('allocation');
  const devices = at.child('devices');
  const result = (one: Parts<DeviceRequestAllocationResult>, here: Path): FieldError[] => [
    ...requestRefErrors(one.request ?? '', names, here.child('request')),
    ...placeErrors(one, here),
  ];
  const config = (one: Parts<DeviceAllocationConfiguration>, here: Path): FieldError[] => [
    ...(!one.source
      ? [required(here.child('source'))]
      : SOURCES.includes(one.source)
        ? []
        : [notSupported(here.child('source'), one.source, SOURCES)]),
    ...requestRefsErrors(one.requests, names, here.child('requests')),
    ...configurationErrors(one, here),
  ];
  return [
    ...boundedErrors(allocation.devices?.results, MAX_RESULTS, result, devices.child('results')),
    ...boundedErrors(allocation.devices?.config, 2 * MAX_CONFIGURATIONS, config, devices.child('config')),
    ...(allocation.nodeSelector ? validateNodeSelector(allocation.nodeSelector, at.child('nodeSelector')) : []),
  ];
}

/** What was allocated stays until it is given back; who uses it must have it allocated. */
export function claimStatusErrors(
  object: Unchecked<ResourceResourceClaim>,
  old: Unchecked<ResourceResourceClaim>,
  ctx: Pick<StrategyContext, 'namespaceLabels'>,
): FieldError[] {
  const { allocation, reservedFor, devices } = object.status ?? {};
  const before = old.status ?? {};
  const at = STATUS.child('reservedFor');
  const errors = adminResultErrors(allocation?.devices?.results, before.allocation?.devices?.results, ctx);
  errors.push(...uniqueErrors(reservedFor, MAX_CONSUMERS, consumerErrors, (consumer) => consumer.uid ?? '', at));
  const allocated = new Set((allocation?.devices?.results ?? []).map(idOf));
  const check = (device: Parts<AllocatedDeviceStatus>, here: Path): FieldError[] =>
    deviceErrors(device, allocated, here);
  errors.push(...uniqueErrors(devices, Infinity, check, idOf, STATUS.child('devices')));
  if (reservedFor?.length && !allocation)
    errors.push(forbidden(at, 'may not be specified when `allocated` is not set'));
  else if (reservedFor?.length && object.metadata.deletionTimestamp) {
    const known = new Set((before.reservedFor ?? []).map((consumer) => JSON.stringify(consumer)));
    if (reservedFor.some((consumer) => !known.has(JSON.stringify(consumer)))) {
      errors.push(
        forbidden(at, 'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set'),
      );
    }
  }
  if (!allocation) return errors;
  if (!before.allocation) return [...errors, ...allocationErrors(allocation, requestNames(object.spec ?? {}))];
  if (semanticallyEqual(allocation, before.allocation)) return errors;
  return [
    ...errors,
    invalid(
      STATUS.child('allocation'),
      internalValue('io.k8s.api.resource.v1.AllocationResult', allocation),
      IMMUTABLE,
    ),
  ];
}
