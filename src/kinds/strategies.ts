import type { Strategy } from './kind.ts';
import { withStatus } from './strategies/status-split.ts';

/**
 * The rules of each built-in kind that its schema cannot say, by storage key. What is not here has the rules of
 * `defaultStrategy`.
 */
export const strategies: Readonly<Record<string, Strategy>> = {};

const PLAIN: Strategy = {};
const SPLIT: Strategy = withStatus();

/** Kinds with a status subresource keep spec and status apart; others have no rules of their own. */
export const defaultStrategy = (hasStatus: boolean): Strategy => (hasStatus ? SPLIT : PLAIN);
