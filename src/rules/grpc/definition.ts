import { fromJSON, type PackageDefinition } from '@grpc/proto-loader';

/** Fields of a message, `NAME: 'TYPE NUMBER'`; a type may be repeated (`[]TYPE`) or a map from strings (`{}TYPE`). */
export type Fields = Readonly<Record<string, string>>;
export type Messages = Readonly<Record<string, Fields>>;
export type Enums = Readonly<Record<string, Readonly<Record<string, number>>>>;
/** Method: request and answer. */
export type Services = Readonly<Record<string, Readonly<Record<string, readonly [string, string]>>>>;

const field = (text: string): object => {
  const [type = '', id] = text.split(' ');
  if (type.startsWith('{}')) return { keyType: 'string', type: type.slice(2), id: Number(id) };
  return { type: type.replace('[]', ''), id: Number(id), ...(type.startsWith('[]') && { rule: 'repeated' }) };
};
const mapValues = <T, R>(from: Readonly<Record<string, T>>, to: (value: T) => R): Record<string, R> =>
  Object.fromEntries(Object.entries(from).map(([key, value]) => [key, to(value)]));

/** Names as they are written in the specifications, 64-bit numbers as numbers, enums by name, nothing undefined. */
const OPTIONS = { keepCase: true, longs: Number, enums: String, defaults: true, arrays: true, objects: true };

/** The fields of the messages that are used here; others that a peer sends are passed over. */
export function definition(name: string, messages: Messages, enums: Enums, services: Services): PackageDefinition {
  const nested = {
    ...mapValues(messages, (fields) => ({ fields: mapValues(fields, field) })),
    ...mapValues(enums, (values) => ({ values: { ...values } })),
    ...mapValues(services, (methods) => ({
      methods: mapValues(methods, ([requestType, responseType]) => ({ requestType, responseType })),
    })),
  };
  const inPackages = name.split('.').reduceRight<object>((inner, part) => ({ nested: { [part]: inner } }), { nested });
  return fromJSON(inPackages, OPTIONS);
}
