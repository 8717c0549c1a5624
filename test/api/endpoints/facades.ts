import { Agent, request } from 'node:https';
import type { User } from '../../../src/api/contract.ts';
import type { Status } from '../../../src/meta/status.ts';
import { createGraphQL, type GraphQLFacade } from '../../../src/resolvers/graphql.ts';
import { TestServer } from '../../rest/support.ts';
import type { TestApi } from '../support.ts';

/** Who asks. A token is the user's name; who has none is anonymous. */
export const USERS: Readonly<Record<string, User>> = {
  admin: { name: 'admin', uid: 'admin', groups: ['system:masters', 'system:authenticated'] },
  view: { name: 'view', uid: 'view', groups: ['system:authenticated'] },
  edit: { name: 'edit', uid: 'edit', groups: ['system:authenticated'] },
  status: { name: 'status', uid: 'status', groups: ['system:authenticated'] },
  anonymous: { name: 'system:anonymous', groups: ['system:unauthenticated'] },
};
const TOKENS = ['admin,admin,admin,system:masters', 'view,view,view', 'edit,edit,edit', 'status,status,status'];

/** What a façade answered: a code of HTTP, and the Status where it is one. */
export interface Answered {
  code: number;
  status?: Pick<Status, 'reason' | 'message' | 'details'>;
}

export interface RestCall {
  method: string;
  url: string;
  body?: object;
}
export interface GraphQLCall {
  /** the text of one field */
  field: string;
  type: 'query' | 'mutation' | 'subscription';
  variables: Record<string, unknown>;
  /** what is selected of an answer that is an object */
  selected?: string;
}

/** REST and GraphQL over one API. */
export class Facades {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 8, rejectUnauthorized: false });
  private constructor(
    readonly server: TestServer,
    private readonly graphql: GraphQLFacade,
  ) {}

  static async open(): Promise<Facades> {
    const server = await TestServer.open({ fairness: false }, { staticTokens: TOKENS.join('\n') });
    return new Facades(server, createGraphQL({ api: server.test.api }));
  }
  get test(): TestApi {
    return this.server.test;
  }
  async close(): Promise<void> {
    this.agent.destroy();
    await this.graphql.close();
    await this.server.close();
  }

  rest(user: string, { method, url, body }: RestCall): Promise<Answered & { body: any }> {
    return new Promise((resolve, reject) => {
      const headers = {
        ...(user !== 'anonymous' && { authorization: `Bearer ${user}` }),
        ...(body && { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' }),
      };
      const asking = request(`${this.server.url}${url}`, { method, headers, agent: this.agent }, (answer) => {
        const code = answer.statusCode ?? 0;
        // a watch that has begun has answered
        if (code === 200 && url.includes('watch=1')) {
          answer.destroy();
          return resolve({ code, body: undefined });
        }
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        answer.on('error', reject);
        answer.on('end', () => resolve({ code, ...parsed(code, text) }));
      });
      asking.on('error', reject);
      asking.end(body && JSON.stringify(body));
    });
  }

  async run(user: string, query: string): Promise<Answered> {
    return resultOf(String(await this.as(user).execute({ query })));
  }
  private as(user: string): ReturnType<GraphQLFacade['as']> {
    return this.graphql.as({ user: USERS[user]!, agent: 'test', warn: () => undefined });
  }

  async gql(user: string, { field, type, variables, selected = '' }: GraphQLCall): Promise<Answered> {
    const executor = this.as(user);
    const given = Object.entries(variables).filter(([, value]) => value !== undefined);
    const names = given.map(([name]) => `${name}: $${name}`).join(', ');
    const declared = given.map(([name]) => `$${name}: ${TYPES[name] ?? 'String!'}`).join(', ');
    const query = `${type} Ask(${declared}) { answer: ${field}(${names})${selected} }`;
    const asked = { query, variables: Object.fromEntries(given) };
    if (type !== 'subscription') return resultOf(String(await executor.execute(asked)));
    const results = executor.subscribe(asked);
    const first = await results.next();
    await results.return?.();
    return resultOf(String(first.value));
  }
}

const TYPES: Readonly<Record<string, string>> = {
  object: 'JSON!',
  patch: 'JSON!',
  dryRun: 'Boolean',
  type: 'PatchType',
};

function parsed(code: number, text: string): Pick<Answered, 'status'> & { body: any } {
  let body: any;
  try {
    body = JSON.parse(text);
  } catch {
    return { body: text };
  }
  return code < 400 ? { body } : { body, status: told(body as Status) };
}

/** What a Status says; of whom else it tells is not compared. */
const told = ({ reason, message, details }: Status): NonNullable<Answered['status']> => ({
  ...(reason && { reason }),
  ...(message && { message }),
  ...(details && { details }),
});

function resultOf(text: string): Answered {
  const { errors } = JSON.parse(text) as {
    errors?: { message: string; extensions: { code: number; status: Status } }[];
  };
  const [error] = errors ?? [];
  if (!error) return { code: 200 };
  return { code: error.extensions.code, status: told(error.extensions.status) };
}
