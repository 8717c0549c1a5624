import {
  GraphQLBoolean,
  GraphQLFloat,
  GraphQLInt,
  GraphQLString,
  isEnumType,
  isLeafType,
  type GraphQLEnumType,
  type GraphQLLeafType,
  type GraphQLOutputType,
  type GraphQLScalarType,
} from 'graphql';
import { OpenEnum } from '../schema/open-enum.ts';
import { quoted, writeJson, type JsonWriter } from '../json-text.ts';
import { OUR_SCALARS } from '../schema/scalars.ts';

/** Writes a value of one type, with what the document selects of it. */
export type Write = (value: unknown, out: JsonWriter) => void;

/**
 * Thrown by a writer that meets a value which is not of its type as it stands: GraphQL would coerce it or report an
 * error with a path, and graphql-js does that.
 */
export const NOT_COVERED = new Error('a value that only graphql-js can answer');

const INT32 = 2 ** 31;
const scalars = new Map<GraphQLLeafType, Write>([
  [
    GraphQLString,
    (value, out) => {
      if (typeof value !== 'string') throw NOT_COVERED;
      out.text += quoted(value);
    },
  ],
  [
    GraphQLInt,
    (value, out) => {
      if (typeof value !== 'number' || !Number.isInteger(value) || value >= INT32 || value < -INT32) throw NOT_COVERED;
      out.text += value;
    },
  ],
  [
    GraphQLFloat,
    (value, out) => {
      if (typeof value !== 'number' || !Number.isFinite(value)) throw NOT_COVERED;
      out.text += value;
    },
  ],
  [
    GraphQLBoolean,
    (value, out) => {
      if (typeof value !== 'boolean') throw NOT_COVERED;
      out.text += value;
    },
  ],
]);

/** A value that is called as it is, as ours are. */
const named =
  (type: GraphQLEnumType): Write =>
  (value, out) => {
    const fits = type instanceof OpenEnum || (typeof value === 'string' && type.getValue(value)?.value === value);
    if (typeof value !== 'string' || !fits) throw NOT_COVERED;
    out.text += quoted(value);
  };

/** Our own scalars pass on what the API answers as it is; another scalar is not covered. */
export const leaf = (type: GraphQLOutputType): Write | undefined =>
  isEnumType(type)
    ? named(type)
    : isLeafType(type)
      ? (scalars.get(type) ?? (OUR_SCALARS.has((type as GraphQLScalarType).name) ? writeJson : undefined))
      : undefined;
