import SchemaBuilder from '@pothos/core';
import type { OperationContext } from './context.ts';
import {
  Base64Scalar,
  DurationScalar,
  Int64Scalar,
  IntOrStringScalar,
  JSONScalar,
  MicroTimeScalar,
  QuantityScalar,
  TimeScalar,
} from './schema/scalars.ts';

/** An object that comes or goes as one scalar, whatever its kind. */
type AnyJson = any;

interface Types {
  Context: OperationContext;
  Scalars: {
    JSON: { Input: AnyJson; Output: unknown };
    Quantity: { Input: string; Output: string };
    IntOrString: { Input: number | string; Output: number | string };
    Int64: { Input: number | bigint; Output: number | bigint };
    Time: { Input: string; Output: string };
    MicroTime: { Input: string; Output: string };
    Duration: { Input: string; Output: string };
    Base64: { Input: string; Output: string };
  };
  DefaultFieldNullability: false;
}

export const createBuilder = () => {
  const builder = new SchemaBuilder<Types>({ defaultFieldNullability: false });
  builder.addScalarType('JSON', JSONScalar);
  builder.addScalarType('Quantity', QuantityScalar);
  builder.addScalarType('IntOrString', IntOrStringScalar);
  builder.addScalarType('Int64', Int64Scalar);
  builder.addScalarType('Time', TimeScalar);
  builder.addScalarType('MicroTime', MicroTimeScalar);
  builder.addScalarType('Duration', DurationScalar);
  builder.addScalarType('Base64', Base64Scalar);
  return builder;
};

export type Builder = ReturnType<typeof createBuilder>;
