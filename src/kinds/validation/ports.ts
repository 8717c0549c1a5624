import { invalid, notSupported, required, type FieldError, type Path } from '../../meta/field.ts';
import { isPortName, isPortNumber } from '../../meta/names.ts';

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

export function validateProtocol(protocol: string | undefined, at: Path): FieldError[] {
  if (!protocol) return [required(at)];
  return PROTOCOLS.includes(protocol) ? [] : [notSupported(at, protocol, PROTOCOLS)];
}

export const validatePortNumber = (port: number | undefined, at: Path): FieldError[] =>
  isPortNumber(port ?? 0).map((why) => invalid(at, port ?? 0, why));

/** A port by number or by the name of one (IntOrString). */
export const validatePortNumberOrName = (port: number | string | undefined, at: Path): FieldError[] =>
  typeof port === 'string' ? isPortName(port).map((why) => invalid(at, port, why)) : validatePortNumber(port, at);
