import { GraphQLInt, GraphQLList, GraphQLNonNull, GraphQLString, type GraphQLOutputType } from 'graphql';
import type { Kind } from '../../kinds/kind.ts';
import { ARGUMENTS } from '../argument-texts.ts';
import type { Builder } from '../builder.ts';
import type { FacetFields, KindTypes } from '../schema/kind-types.ts';
import { MAX_OUTPUT } from './command-output.ts';
import { DEFAULT_SECONDS, execOnce, MAX_INPUT, MAX_SECONDS, type ExecArguments, type ExecResult } from './exec-once.ts';

/** `ExecResult` */
export function addExecResult(builder: Builder): void {
  builder.objectRef<ExecResult>('ExecResult').implement({
    description: 'How a command in a container went.',
    fields: (t) => ({
      stdout: t.exposeString('stdout', { description: 'what it has written, as UTF-8' }),
      stderr: t.exposeString('stderr', { description: 'what it has written of errors' }),
      truncated: t.exposeBoolean('truncated', {
        description: `It has written more than ${MAX_OUTPUT} bytes, of which these are the first.`,
      }),
      exitCode: t.exposeInt('exitCode', {
        nullable: true,
        description: 'none where it could not be started, or has not ended in time',
      }),
      status: t.field({
        type: 'JSON',
        description: 'the Status that the node ends it with; of one that has not ended in time Timeout, 504',
        resolve: ({ status }) => status,
      }),
    }),
  });
}

const text = new GraphQLNonNull(GraphQLString);

/** `execPod` */
export function execFields(kind: Kind, types: KindTypes): FacetFields {
  if (kind.storage.key !== 'pods') return {};
  return {
    mutation: {
      execPod: {
        type: types.generic('ExecResult') as GraphQLOutputType,
        description:
          'Runs a command in a container once, to its end, without a terminal. Needs the rights to get and to create pods/exec.',
        args: {
          namespace: { type: text, description: ARGUMENTS.namespace },
          name: { type: text, description: ARGUMENTS.name },
          container: { type: GraphQLString, description: 'the default one when not given' },
          command: {
            type: new GraphQLNonNull(new GraphQLList(text)),
            description: 'The program and its arguments; no shell reads them.',
          },
          stdin: {
            type: GraphQLString,
            description: `what it reads, at most ${MAX_INPUT} bytes; nothing when not given`,
          },
          timeoutSeconds: {
            type: GraphQLInt,
            description: `after which it is ended: ${DEFAULT_SECONDS} when not given, ${MAX_SECONDS} at most`,
          },
        },
        resolve: (_, args: ExecArguments, context) => execOnce(context, kind, args),
      },
    },
  };
}
