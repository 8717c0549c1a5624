import type { Variables } from '../../../cel/check.ts';
import { compile } from '../../../cel/expression.ts';
import { ANY, listOf, mapOf, objectType, STRING, type Type } from '../../../cel/types.ts';
import { CelError } from '../../../cel/values.ts';
import { CALL_LIMIT } from '../../../kinds/cel/limits.ts';

/** A CEL expression over a token's claims or the user made of them. */
export interface Expression {
  readonly text: string;
  /** Throws Error where it cannot be evaluated. */
  evaluate(variables: Readonly<Record<string, unknown>>): unknown;
  /** Whether `variable.field` occurs in it. */
  selects(variable: string, field: string): boolean;
}

const CLAIMS: Variables = { claims: mapOf(STRING, ANY) };
const FIELDS: Readonly<Record<string, Type>> = {
  username: STRING,
  uid: STRING,
  groups: listOf(STRING),
  extra: mapOf(STRING, listOf(STRING)),
};
const fields = new Map(Object.entries(FIELDS).map(([key, type]) => [key, { type, key }]));
const USER: Variables = { user: objectType('kubernetes.UserInfo', fields) };

/** An expression over `claims`. Throws Error with what is wrong with it. @param type what it must give, if that is one type */
export const claimsExpression = (text: string, type?: 'bool'): Expression => expression(text, CLAIMS, type);
/** An expression over `user` that says whether the user may be one. Throws Error with what is wrong with it. */
export const userExpression = (text: string): Expression => expression(text, USER, 'bool');

function expression(text: string, variables: Variables, type: 'bool' | undefined): Expression {
  const compiled = compile(text, variables);
  if ('error' in compiled) throw new Error(compiled.error);
  const { program } = compiled;
  if (type && program.type.kind !== type) throw new Error(`must evaluate to ${type}`);
  return {
    text,
    evaluate(values) {
      const { value } = program.run(values, CALL_LIMIT);
      if (value instanceof CelError) throw new Error(value.message);
      return value;
    },
    selects: (variable, field) => program.uses.has(`${variable}.${field}`),
  };
}
