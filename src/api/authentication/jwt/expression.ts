import { celMessage, celValue, compileCel } from '../../../kinds/cel.ts';

/** A CEL expression over a token's claims or the user made of them. */
export interface Expression {
  readonly text: string;
  /** Throws Error where it cannot be evaluated. */
  evaluate(variables: Readonly<Record<string, unknown>>): unknown;
  /** Whether `variable.field` occurs in it. */
  selects(variable: string, field: string): boolean;
}

/** An expression over `claims`. Throws Error with what is wrong with it. */
export const claimsExpression = (text: string, _type?: 'bool'): Expression => expression(text);
/** An expression over `user` that says whether the user may be one. Throws Error with what is wrong with it. */
export const userExpression = (text: string): Expression => expression(text);

function expression(text: string): Expression {
  const program = compileCel(text);
  return {
    text,
    evaluate(variables) {
      try {
        return program(celValue(variables) as never);
      } catch (error) {
        throw new Error(celMessage(error));
      }
    },
    selects: (variable, field) => selects(program.ast, variable, field),
  };
}

interface Node {
  op: string;
  args: unknown;
}
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'op' in value;

function selects(node: unknown, variable: string, field: string): boolean {
  if (Array.isArray(node)) return node.some((item) => selects(item, variable, field));
  if (!isNode(node)) return false;
  const [of, name] = Array.isArray(node.args) ? (node.args as unknown[]) : [];
  const here = (node.op === '.' || node.op === '.?') && name === field;
  return (here && isNode(of) && of.op === 'id' && of.args === variable) || selects(node.args, variable, field);
}
