import { LRUCache } from 'lru-cache';
import { checkSteps, type Variables } from './check.ts';
import { compileNode } from './compile.ts';
import { ConstantError } from './compile-call.ts';
import { checkLiterals } from './check-literals.ts';
import { estimateCost } from './estimate.ts';
import { CostExceeded, type Run } from './frame.ts';
import type { Dialect } from './dialect.ts';
import { FUNCTIONS } from './library/table.ts';
import { allNodes, type Node } from './ast.ts';
import { parse } from './parser.ts';
import { showProblems, type Problem } from './problem.ts';
import type { Range } from './range.ts';
import { syntaxProblems } from './syntax.ts';
import type { Type } from './types.ts';
import { atOnce, type Steps } from '../meta/steps.ts';
import { CelError, forgetKeys, type Value } from './values.ts';
import { OutOfWork, resumeWork, startWork } from './work.ts';

/** An expression that can run. */
export interface Program {
  readonly type: Type;
  /** the variables that it names, and the fields that it takes of them or asks for (`a.b`) */
  readonly uses: ReadonlySet<string>;
  /** what a run may cost */
  readonly estimate: Range;
  /**
   * Runs it. Never throws for what an expression does; CelError is a value.
   * @param limit the most that it may cost; beyond, `exceeded` is true and the value an error
   */
  run(variables: Readonly<Record<string, unknown>>, limit: number): Outcome;
}
export interface Outcome {
  readonly value: Value;
  readonly cost: number;
  readonly exceeded: boolean;
}
export type Compiled = { readonly program: Program } | { readonly error: string };

/** Programs that are kept, by the size of their expressions: as much as large clusters have rules, some 100 MB at worst. */
const MAX_KEPT = 500_000;
/** Of a short expression. */
const LEAST = 50;
const kept = new LRUCache<string, Compiled>({ maxSize: MAX_KEPT, sizeCalculation: (_, { length }) => LEAST + length });
/** Of each set of variables a number of its own. */
const numbers = new WeakMap<Variables, number>();
let numbered = 0;

/** What expressions of Kubernetes use unless more is said. */
const PLAIN: Dialect = { functions: FUNCTIONS };

/**
 * Parses, checks and compiles an expression.
 * @param variables what it may name, with types; the same object each time, so that what was compiled is found again
 * @param dialect what else it may use; with the same variables always the same
 * @returns a program, or why there is none, as cel-go says it
 */
export const compile = (expression: string, variables: Variables, dialect = PLAIN): Compiled =>
  atOnce(compileSteps(expression, variables, dialect));

/** The same in steps, as an expression of 100,000 characters takes a fifth of a second. */
export function* compileSteps(expression: string, variables: Variables, dialect = PLAIN): Steps<Compiled> {
  let number = numbers.get(variables);
  if (number === undefined) numbers.set(variables, (number = numbered++));
  const key = `${number} ${expression}`;
  let compiled = kept.get(key);
  if (!compiled) kept.set(key, (compiled = yield* make(expression, variables, dialect)));
  return compiled;
}

/** What is wrong with an expression, as cel-go shows it; else its nodes, each with its type. */
function* checked(
  expression: string,
  variables: Variables,
  dialect: Dialect,
): Steps<{ node: Node } | { problems: string }> {
  const failed = (problems: readonly Problem[]): { problems: string } => ({
    problems: showProblems(expression, problems),
  });
  const parsed = parse(expression, dialect.binds ?? false);
  if ('failedAt' in parsed) return failed(syntaxProblems(expression, parsed.failedAt));
  if ('problems' in parsed) return failed(parsed.problems);
  const { node } = parsed;
  yield;
  const problems = yield* checkSteps(node, variables, dialect);
  if (problems.length) return failed(problems);
  yield;
  const wrong = checkLiterals(node);
  return wrong.length ? failed(wrong) : { node };
}

/** The type of what an expression gives, or what is wrong with it, as cel-go shows it. Nothing is kept. */
export function* typeSteps(expression: string, variables: Variables): Steps<{ type: Type } | { problems: string }> {
  const found = yield* checked(expression, variables, PLAIN);
  return 'node' in found ? { type: found.node.type as Type } : found;
}

function* make(expression: string, variables: Variables, dialect: Dialect): Steps<Compiled> {
  const found = yield* checked(expression, variables, dialect);
  if ('problems' in found) return { error: `compilation failed: ${found.problems}` };
  const { node } = found;
  yield;
  try {
    return { program: yield* programOf(node, compileNode(node, dialect), variables) };
  } catch (error) {
    if (error instanceof ConstantError) return { error: `program instantiation failed: ${error.message}` };
    throw error;
  }
}

/** Keeps nothing of the nodes: they are many times what runs. */
function* programOf(node: Node, run: Run, variables: Variables): Steps<Program> {
  yield;
  const uses = usesOf(node, variables);
  yield;
  return {
    type: node.type as Type,
    uses,
    estimate: estimateCost(node, variables),
    run: (values, limit) => evaluate(run, values, limit),
  };
}
function usesOf(root: Node, variables: Variables): ReadonlySet<string> {
  const uses = new Set<string>();
  const use = (name: string, field?: string): void => {
    const own = name.replace(/^\./, '');
    if (Object.hasOwn(variables, own)) uses.add(field === undefined ? own : `${own}.${field}`);
  };
  for (const node of allNodes(root)) {
    if (node.kind === 'ident') use(node.name);
    else if (node.kind === 'select' && node.variable !== undefined) use(node.variable);
    else if (node.kind === 'select' && node.operand.kind === 'ident') use(node.operand.name, node.field);
    else if (node.kind === 'call' && node.name === '_?._') {
      const [operand, field] = node.args;
      if (operand?.kind === 'ident' && field?.kind === 'literal') use(operand.name, String(field.value));
    }
  }
  return uses;
}

const EXCEEDED = new CelError(new CostExceeded().message);
function evaluate(run: Run, variables: Readonly<Record<string, unknown>>, limit: number): Outcome {
  const frame = { cost: 0, limit, slots: [], variables };
  const outer = startWork();
  forgetKeys();
  try {
    const value = run(frame);
    return { value, cost: frame.cost, exceeded: false };
  } catch (error) {
    if (error instanceof CostExceeded || error instanceof OutOfWork)
      return { value: EXCEEDED, cost: Math.max(frame.cost, limit + 1), exceeded: true };
    throw error;
  } finally {
    resumeWork(outer);
  }
}
