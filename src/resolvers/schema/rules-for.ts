import {
  FragmentsOnCompositeTypesRule,
  KnownDirectivesRule,
  KnownFragmentNamesRule,
  KnownTypeNamesRule,
  NoFragmentCyclesRule,
  NoUndefinedVariablesRule,
  NoUnusedFragmentsRule,
  NoUnusedVariablesRule,
  PossibleFragmentSpreadsRule,
  SingleFieldSubscriptionsRule,
  UniqueDirectivesPerLocationRule,
  UniqueFragmentNamesRule,
  UniqueVariableNamesRule,
  VariablesAreInputTypesRule,
  VariablesInAllowedPositionRule,
  specifiedRules,
  type ValidationRule,
} from 'graphql';

/** What stands in the text of every document that has one of these; in a string it says nothing, and costs what it did. */
const FRAGMENT = /\.\.\.|fragment/;
const VARIABLE = /\$/;
const DIRECTIVE = /@/;

/** Rules of the specification that only a document with something of the sort can break. */
const ABOUT: ReadonlyMap<ValidationRule, RegExp> = new Map([
  [FragmentsOnCompositeTypesRule, FRAGMENT],
  [KnownFragmentNamesRule, FRAGMENT],
  [NoFragmentCyclesRule, FRAGMENT],
  [NoUnusedFragmentsRule, FRAGMENT],
  [PossibleFragmentSpreadsRule, FRAGMENT],
  [UniqueFragmentNamesRule, FRAGMENT],
  [KnownTypeNamesRule, /\.\.\.|fragment|\$/],
  [NoUndefinedVariablesRule, VARIABLE],
  [NoUnusedVariablesRule, VARIABLE],
  [UniqueVariableNamesRule, VARIABLE],
  [VariablesAreInputTypesRule, VARIABLE],
  [VariablesInAllowedPositionRule, VARIABLE],
  [KnownDirectivesRule, DIRECTIVE],
  [UniqueDirectivesPerLocationRule, DIRECTIVE],
  [SingleFieldSubscriptionsRule, /subscription/],
]);

/** The specification's rules for a document: half of them, and of what they take, are about what most have nothing of. */
export const rulesFor = (text: string): readonly ValidationRule[] =>
  specifiedRules.filter((rule) => ABOUT.get(rule)?.test(text) ?? true);
