import { stringifyExact } from '../../go/json-numbers.ts';
import { StatusError } from '../../meta/status.ts';
import type { Attributes, User } from '../contract.ts';
import { isResourceRequest, type ResourceAttributes } from '../authorization/attributes.ts';
import { userInfo } from '../authentication/user-info.ts';
import { LEVELS, type AuditEvent, type Ending, type Level, type Origin, type Shown, type Stage } from './contract.ts';
import type { Verdict } from './evaluator.ts';
import { microTime } from './timestamps.ts';

/** What stands first in each event; a list of events has it once for all. */
export const HEAD = '{"kind":"Event","apiVersion":"audit.k8s.io/v1",';
/** Characters of an event with its bodies; those of a larger one are left out, which an annotation says. */
const MAX_BODIES = 1_500_000;
const MAX_USER_AGENT = 1024;

const rank = (level: Level): number => LEVELS.indexOf(level);

/** What JSON writes as it is, between quotes: nearly all that an event tells. */
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;
const quote = (text: string): string => (PLAIN.test(text) ? `"${text}"` : JSON.stringify(text));

/** A user is the same object for as long as a connection or a token is known. */
const users = new WeakMap<User, string>();
function userText(user: User): string {
  let text = users.get(user);
  if (text === undefined) users.set(user, (text = JSON.stringify(userInfo(user))));
  return text;
}

/** What events are made with: where they go, and the time. */
export interface Recording {
  emit(text: string): void;
  /** ms since the epoch, with fractions */
  now(): number;
}

/** What is recorded: by which verdict, of whom, what they asked for, and from where. */
export interface Recorded {
  verdict: Verdict;
  /** undefined: nobody who was let in */
  user: User | undefined;
  attributes: Attributes;
  origin: Origin;
  /** ms since the epoch */
  received: number;
}

/** One request on its way, of which each stage is written when it is there. */
export class RecordedEvent implements AuditEvent {
  readonly level: Level;
  private readonly object: Partial<ResourceAttributes> & { uid?: string; resourceVersion?: string };
  private impersonated = '';
  private ending: Ending | undefined;
  private request = '';
  private response = '';
  private annotations: Map<string, string> | undefined;
  private panicked = false;
  private seenBody = false;
  private hasStarted = false;
  private over = false;

  constructor(
    private readonly recording: Recording,
    private readonly of: Recorded,
  ) {
    this.level = of.verdict.level;
    this.object = isResourceRequest(of.attributes) ? { ...of.attributes } : {};
    // of those whom nobody let in there is one event, when they are told so
    if (of.user && !of.verdict.omit.has('RequestReceived')) this.emit('RequestReceived', of.received);
  }

  annotate(key: string, value: string, level: Level = 'Metadata'): void {
    if (rank(level) > rank(this.level)) return;
    const annotations = (this.annotations ??= new Map());
    if (!annotations.has(key)) annotations.set(key, value);
  }

  actsFor(user: User): void {
    this.impersonated = userText(user);
  }

  sent({ metadata, json }: Shown): void {
    if (this.seenBody) return;
    this.seenBody = true;
    const { object } = this;
    // what the URL has said stands
    object.namespace ||= metadata?.namespace ?? '';
    object.name ||= metadata?.name ?? '';
    if (metadata?.uid) object.uid = metadata.uid;
    if (metadata?.resourceVersion) object.resourceVersion = metadata.resourceVersion;
    if (this.shows('Request')) this.request = json(!this.of.verdict.omitManagedFields);
  }

  sentText(json: () => string): void {
    if (this.seenBody) return;
    this.seenBody = true;
    if (this.shows('Request')) this.request = json();
  }

  answered(ending: Ending, body?: Shown): void {
    this.ending = ending;
    if (body && this.shows('RequestResponse')) this.response = body.json(!this.of.verdict.omitManagedFields);
  }

  failed(error: unknown): void {
    if (error instanceof StatusError) {
      this.answered(error.status as Ending, { json: () => stringifyExact(error.status) });
      return;
    }
    this.panicked = true;
    const message = `APIServer panic'd: ${error instanceof Error ? error.message : String(error)}`;
    this.ending = { code: 500, status: 'Failure', reason: 'InternalError', message };
  }

  started(code: number): void {
    if (this.hasStarted || this.over) return;
    this.hasStarted = true;
    this.ending = { ...this.ending, code };
    this.stage('ResponseStarted');
    // nobody was let in: what follows is not worth another event
    if (!this.of.user) this.over = true;
  }

  complete(code?: number): void {
    if (this.over) return;
    this.over = true;
    if (code !== undefined && !this.panicked && this.ending?.code !== code) this.ending = { ...this.ending, code };
    this.ending ??= { code: 200, status: 'Success', message: 'Connection closed early' };
    this.stage(this.panicked ? 'Panic' : 'ResponseComplete');
  }

  private shows(level: Level): boolean {
    return rank(this.level) >= rank(level) && isResourceRequest(this.of.attributes);
  }

  private stage(stage: Stage): void {
    if (!this.of.verdict.omit.has(stage)) this.emit(stage, this.recording.now());
  }

  private emit(stage: Stage, at: number): void {
    const { attributes, origin, received, user } = this.of;
    const { auditId, requestUri, sourceIps, userAgent } = origin;
    const bodies = this.bodies();
    let text = `${HEAD}"level":"${this.level}","auditID":${quote(auditId)},"stage":"${stage}","requestURI":${quote(requestUri)},"verb":${quote(attributes.verb)},"user":${user ? userText(user) : '{}'},`;
    if (this.impersonated) text += `"impersonatedUser":${this.impersonated},`;
    if (sourceIps.length) text += `"sourceIPs":[${sourceIps.map(quote).join()}],`;
    if (userAgent) text += `"userAgent":${quote(cut(userAgent))},`;
    if (isResourceRequest(attributes)) text += `"objectRef":${this.reference()},`;
    if (this.ending) text += `"responseStatus":${statusText(this.ending)},`;
    text += `${bodies}"requestReceivedTimestamp":"${microTime(received)}","stageTimestamp":"${microTime(at)}"`;
    if (this.annotations) text += `,"annotations":${this.annotationText()}`;
    this.recording.emit(`${text}}`);
  }

  private bodies(): string {
    if (!this.request && !this.response) return '';
    if (this.request.length + this.response.length > MAX_BODIES) {
      this.request = this.response = '';
      this.annotate('audit.k8s.io/truncated', 'true');
      return '';
    }
    return `${this.request && `"requestObject":${this.request},`}${this.response && `"responseObject":${this.response},`}`;
  }

  private reference(): string {
    const { resource, namespace, name, uid, group, version, resourceVersion, subresource } = this.object;
    const text =
      part('resource', resource) +
      part('namespace', namespace) +
      part('name', name) +
      part('uid', uid) +
      part('apiGroup', group) +
      part('apiVersion', version) +
      part('resourceVersion', resourceVersion) +
      part('subresource', subresource);
    return `{${text.slice(1)}}`;
  }

  private annotationText(): string {
    let text = '';
    const sorted = [...(this.annotations ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [key, value] of sorted) text += `,${quote(key)}:${quote(value)}`;
    return `{${text.slice(1)}}`;
  }
}

/** A member of an object, after a comma; nothing for what is empty. */
const part = (key: string, value: string | undefined): string => (value ? `,"${key}":${quote(value)}` : '');

const cut = (agent: string): string =>
  agent.length > MAX_USER_AGENT ? `${agent.slice(0, MAX_USER_AGENT)}...TRUNCATED` : agent;

/** metav1.Status as far as its size is bounded. */
function statusText({ status, message, reason, details, code }: Ending): string {
  if (status === undefined && message === undefined) return `{"metadata":{},"code":${code}}`;
  return stringifyExact({ metadata: {}, status, message, reason, details, code });
}
