import { describe, expect, test } from 'vitest';
import { rulesOf, template } from './support.ts';
import type { Job, JobSpec } from '../../../schema/types.ts';
import type { Parts, Unchecked } from '../../../src/meta/object.ts';
import { at } from '../../support/at.ts';

const NEGATIVE = 'must be greater than or equal to 0';
const never = (spec: object = {}) => template({ restartPolicy: 'Never', ...spec }, {});
const good = { template: never() };
const indexed = { ...good, completionMode: 'Indexed', completions: 3 };

describe('a Job', () => {
  const { create, update, status, stored, warnings } = rulesOf('batch', 'v1', 'jobs');

  test('selects its pods by its own uid', () => {
    const { spec, metadata } = stored({ spec: { template: template({ restartPolicy: 'Never' }, { labels: {} }) } });
    const labels = {
      'batch.kubernetes.io/controller-uid': 'u-1',
      'batch.kubernetes.io/job-name': 'a',
      'controller-uid': 'u-1',
      'job-name': 'a',
    };
    expect(at(spec, 'selector')).toEqual({ matchLabels: { 'batch.kubernetes.io/controller-uid': 'u-1' } });
    expect(at(spec, 'template.metadata.labels')).toEqual(labels);
    expect(metadata.labels).toEqual(labels);
  });

  test.each<[string, Record<string, unknown>, string[]]>([
    ['is good with a template that ends', good, []],
    [
      'is not negative',
      { ...good, parallelism: -1, backoffLimit: -2, ttlSecondsAfterFinished: -3 },
      [
        `spec.parallelism: Invalid value: -1: ${NEGATIVE}`,
        `spec.backoffLimit: Invalid value: -2: ${NEGATIVE}`,
        `spec.ttlSecondsAfterFinished: Invalid value: -3: ${NEGATIVE}`,
      ],
    ],
    [
      'ends',
      { template: template({}, {}) },
      ['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
    ],
    [
      'counts its indexes',
      { ...good, completionMode: 'Indexed', parallelism: 100_001 },
      [
        'spec.completions: Required value: when completion mode is Indexed',
        'spec.parallelism: Invalid value: 100001: must be less than or equal to 100000 when completion mode is Indexed',
      ],
    ],
    [
      'has one of two modes',
      { ...good, completionMode: 'X' },
      ['spec.completionMode: Unsupported value: "X": supported values: "NonIndexed", "Indexed"'],
    ],
    [
      'has limits per index only with indexes',
      { ...good, backoffLimitPerIndex: 1, maxFailedIndexes: 2 },
      [
        'spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode',
        'spec.maxFailedIndexes: Invalid value: 2: requires indexed completion mode',
      ],
    ],
    [
      'fails no more indexes than there are',
      { ...indexed, backoffLimitPerIndex: 1, maxFailedIndexes: 4 },
      ['spec.maxFailedIndexes: Invalid value: 4: must be less than or equal to completions'],
    ],
    [
      'limits failed indexes only with a limit per index',
      { ...indexed, maxFailedIndexes: 1 },
      ['spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified'],
    ],
    [
      'is managed by somebody with a domain',
      { ...good, managedBy: 'me' },
      ['spec.managedBy: Invalid value: "me": must be a domain-prefixed path (such as "acme.io/foo")'],
    ],
    [
      'replaces pods in two ways',
      { ...good, podReplacementPolicy: 'X' },
      ['spec.podReplacementPolicy: Unsupported value: "X": supported values: "Failed", "TerminatingOrFailed"'],
    ],
    [
      'keeps the labels that were generated',
      { template: template({ restartPolicy: 'Never' }, { labels: { 'job-name': 'b' } }) },
      [
        `spec.template.metadata.labels[job-name]: Invalid value: {"batch.kubernetes.io/controller-uid":"u-1","batch.kubernetes.io/job-name":"a","controller-uid":"u-1","job-name":"b"}: must be 'a'`,
      ],
    ],
    [
      'selects by hand only when it says so',
      { ...good, selector: { matchLabels: { a: 'b' } } },
      [
        'spec.selector: Invalid value: {"matchLabels":{"a":"b","batch.kubernetes.io/controller-uid":"u-1"}}: `selector` not auto-generated',
        expect.stringMatching(
          /^spec\.template\.metadata\.labels: Invalid value: .*`selector` does not match template `labels`$/,
        ) as unknown as string,
      ],
    ],
    [
      'needs a selector when it selects by hand',
      { ...good, manualSelector: true },
      [
        'spec.selector: Required value',
        'spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`',
      ],
    ],
  ])('%s', (_, spec, errors) => expect(create({ spec })).toEqual(errors));

  test('has room for its indexes in the names of pods', () => {
    expect(create({ spec: indexed }, { name: 'x'.repeat(62) })).toEqual([
      `metadata.name: Invalid value: "${'x'.repeat(62)}": will not able to create pod with invalid DNS label: ${'x'.repeat(62)}-2`,
    ]);
  });

  const failure = (...rules: object[]) => ({ ...good, podFailurePolicy: { rules } });
  const RULE = 'spec.podFailurePolicy.rules[0]';
  test.each<[string, Record<string, unknown>, string[]]>([
    ['is good with exit codes', failure({ action: 'FailJob', onExitCodes: { operator: 'In', values: [1, 2] } }), []],
    [
      'says what to do',
      failure({ onPodConditions: [{ type: 'DisruptionTarget' }] }),
      [`${RULE}.action: Required value: valid values: ["Count" "FailIndex" "FailJob" "Ignore"]`],
    ],
    [
      'knows four actions',
      failure({ action: 'X', onPodConditions: [{ type: 'DisruptionTarget' }] }),
      [`${RULE}.action: Unsupported value: "X": supported values: "Count", "FailIndex", "FailJob", "Ignore"`],
    ],
    [
      'fails an index where there are limits per index',
      failure({ action: 'FailIndex', onPodConditions: [{ type: 'D' }] }),
      [`${RULE}.action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set`],
    ],
    [
      'asks for one thing',
      failure({ action: 'Count' }),
      [`${RULE}: Invalid value: specifying one of OnExitCodes and OnPodConditions is required`],
    ],
    [
      'does not ask for two',
      failure({ action: 'Count', onPodConditions: [{ type: 'D' }], onExitCodes: { operator: 'NotIn', values: [1] } }),
      [`${RULE}: Invalid value: specifying both OnExitCodes and OnPodConditions is not supported`],
    ],
    [
      'names codes in order, once, not nought',
      failure({ action: 'Count', onExitCodes: { operator: 'In', values: [2, 0, 2], containerName: 'z' } }),
      [
        `${RULE}.onExitCodes.containerName: Invalid value: "z": must be one of the container or initContainer names in the pod template`,
        `${RULE}.onExitCodes.values[1]: Invalid value: 0: must not be 0 for the In operator`,
        `${RULE}.onExitCodes.values[2]: Duplicate value: 2`,
        `${RULE}.onExitCodes.values: Invalid value: [2,0,2]: must be ordered`,
      ],
    ],
    [
      'needs pods that are not restarted',
      {
        ...failure({ action: 'Count', onPodConditions: [{ type: 'D' }] }),
        template: template({ restartPolicy: 'OnFailure' }, {}),
      },
      [
        'spec.template.spec.restartPolicy: Invalid value: "OnFailure": only "Never" is supported when podFailurePolicy is specified',
      ],
    ],
    [
      'waits for the end of a pod',
      {
        ...failure({ action: 'Count', onPodConditions: [{ type: 'D' }] }),
        podReplacementPolicy: 'TerminatingOrFailed',
      },
      ['spec.podReplacementPolicy: Unsupported value: "TerminatingOrFailed": supported values: "Failed"'],
    ],
  ])('with a failure policy %s', (_, spec, errors) => expect(create({ spec })).toEqual(errors));

  const success = (...rules: object[]) => ({ ...indexed, successPolicy: { rules } });
  test.each<[string, Record<string, unknown>, string[]]>([
    [
      'is indexed',
      { ...good, successPolicy: { rules: [{ succeededCount: 1 }] } },
      [
        'spec.successPolicy: Invalid value: {"Rules":[{"SucceededIndexes":null,"SucceededCount":1}]}: requires indexed completion mode',
      ],
    ],
    [
      'has rules',
      success(),
      [
        'spec.successPolicy.rules: Required value: at least one rules must be specified when the successPolicy is specified',
      ],
    ],
    [
      'says something',
      success({}),
      [
        'spec.successPolicy.rules[0]: Required value: at least one of succeededCount or succeededIndexes must be specified',
      ],
    ],
    [
      'names indexes that exist',
      success({ succeededIndexes: '0,3' }),
      [
        'spec.successPolicy.rules[0].succeededIndexes: Invalid value: "0,3": error parsing succeededIndexes: too large index: "3"',
      ],
    ],
    [
      'names them in order',
      success({ succeededIndexes: '1-2,0' }),
      [
        'spec.successPolicy.rules[0].succeededIndexes: Invalid value: "1-2,0": error parsing succeededIndexes: non-increasing order, previous: 2, current: 0',
      ],
    ],
    [
      'counts no more than it names',
      success({ succeededIndexes: '0-1', succeededCount: 4 }),
      [
        'spec.successPolicy.rules[0].succeededCount: Invalid value: 4: must be less than or equal to 3 (the number of specified completions)',
        'spec.successPolicy.rules[0].succeededCount: Invalid value: 4: must be less than or equal to 2 (the number of indexes in the specified succeededIndexes field)',
      ],
    ],
  ])('with a success policy %s', (_, spec, errors) => expect(create({ spec })).toEqual(errors));

  describe('that changes', () => {
    const specOf = (spec: object): Parts<JobSpec> => (stored({ spec }) as Unchecked<Job>).spec ?? {};
    const set = (spec: object) => ({ spec: { ...specOf(good), ...spec } });
    test('keeps completions, mode and policies', () => {
      expect(update({ spec: good }, set({ completions: 5 }))).toEqual([
        'spec.completions: Invalid value: 5: field is immutable',
      ]);
      expect(update({ spec: good }, set({ managedBy: 'a.b/c' }))).toEqual([
        'spec.managedBy: Invalid value: "a.b/c": field is immutable',
      ]);
    });
    test('does not lose its selector and labels by a replacement that has none', () => {
      const labels = 'spec.template.metadata.labels: Invalid value: {}: `selector` does not match template `labels`';
      expect(
        update({ spec: good }, { spec: { template: template({ restartPolicy: 'Never' }, { labels: {} }) } }).slice(
          0,
          5,
        ),
      ).toEqual([
        'spec.selector: Required value',
        labels,
        'spec.selector: Required value',
        labels,
        'spec.selector: Invalid value: null: field is immutable',
      ]);
    });
    test('is refused, not broken, when a replacement has no containers', () => {
      const spec = {
        ...failure({ action: 'Count', onExitCodes: { operator: 'In', values: [1], containerName: 'c' } }),
      };
      expect(
        update({ spec }, { spec: { ...spec, template: template({ restartPolicy: 'Never', containers: null }) } }),
      ).toContain('spec.template.spec.containers: Required value');
    });
    test('grows with its parallelism when it is indexed', () => {
      const spec = specOf(indexed);
      expect(update({ spec: indexed }, { spec: { ...spec, completions: 5, parallelism: 5 } })).toEqual([]);
      expect(update({ spec: indexed }, { spec: { ...spec, completions: 5, parallelism: 4 } })).toEqual([
        'spec.completions: Invalid value: 5: can only be modified in tandem with spec.parallelism',
      ]);
    });
    test('keeps its template, unless it waits to start', () => {
      const { template: before } = specOf(good);
      const moved = { ...before, spec: { ...before?.spec, nodeSelector: { a: 'b' } } };
      expect(update({ spec: good }, set({ template: moved }))).toEqual([
        expect.stringMatching(
          /^spec\.template: Invalid value: \{"labels":\{.*"Spec":\{"Volumes":null,.*\}: field is immutable$/,
        ),
      ]);
      const named = {
        ...before,
        metadata: { ...before?.metadata, annotations: { x: 'y' }, generateName: 'g', name: 'n' },
      };
      expect(update({ spec: good }, set({ template: named }))).toEqual([
        expect.stringMatching(
          /^spec\.template: Invalid value: \{"name":"n","generateName":"g","labels":\{.*"annotations":\{"x":"y"\},"Spec":/,
        ),
      ]);
      expect(update({ spec: { ...good, suspend: true } }, set({ template: moved }))).toEqual([]);
    });
  });

  const t1 = '2025-01-01T00:00:00Z';
  const t2 = '2025-01-01T00:01:00Z';
  const is = (...types: string[]) => ({ conditions: types.map((type) => ({ type, status: 'True' })) });
  const done = { ...is('SuccessCriteriaMet', 'Complete'), startTime: t1, completionTime: t2, succeeded: 1 };
  test.each<[string, Record<string, unknown>, Record<string, unknown>, string[]]>([
    ['completes', { startTime: t1 }, done, []],
    [
      'completes only after its criteria are met',
      { startTime: t1 },
      { ...is('Complete'), startTime: t1, completionTime: t2 },
      [
        'status.conditions: Invalid value: cannot set Complete=True condition without the SuccessCriteriaMet=true condition',
      ],
    ],
    [
      'ends in one way',
      { startTime: t1 },
      { ...is('Complete', 'Failed', 'SuccessCriteriaMet', 'FailureTarget'), startTime: t1, completionTime: t2 },
      [
        'status.conditions: Invalid value: cannot set Complete=True and Failed=true conditions',
        'status.conditions: Invalid value: cannot set Complete=True and FailureTarget=true conditions',
        'status.conditions: Invalid value: cannot set SuccessCriteriaMet=True and Failed=true conditions',
        'status.conditions: Invalid value: cannot set SuccessCriteriaMet=True and FailureTarget=true conditions',
      ],
    ],
    [
      'ends after its start',
      { startTime: t2 },
      { ...done, startTime: t2, completionTime: t1 },
      [`status.completionTime: Invalid value: "${t1}": completionTime cannot be set before startTime`],
    ],
    [
      'ends when its pods have',
      { startTime: t1 },
      { ...done, active: 1, uncountedTerminatedPods: { succeeded: ['x'] } },
      [
        'status.active: Invalid value: 1: active>0 is invalid for finished job',
        'status.uncountedTerminatedPods: Invalid value: {"Succeeded":["x"],"Failed":null}: uncountedTerminatedPods needs to be empty for finished job',
      ],
    ],
    [
      'does not come back',
      done,
      { startTime: t1, succeeded: 0 },
      [
        'status.conditions: Invalid value: cannot disable the terminal Complete=True condition',
        'status.succeeded: Invalid value: 0: cannot decrease the succeeded counter',
        'status.conditions: Invalid value: cannot disable the SuccessCriteriaMet=True condition',
      ],
    ],
    [
      'has indexes only where there are',
      { startTime: t1 },
      { startTime: t1, completedIndexes: '0' },
      [
        'status.completedIndexes: Invalid value: "0": cannot set non-empty completedIndexes when non-indexed completion mode',
      ],
    ],
    [
      'has no more ready pods than active ones',
      {},
      { ready: 2, active: 1 },
      ['status.ready: Invalid value: 2: cannot set more ready pods than active'],
    ],
    [
      'keeps its start',
      { startTime: t1 },
      {},
      ['status.startTime: Required value: startTime cannot be removed for unsuspended job'],
    ],
    [
      'starts anew when it goes on',
      { startTime: t1, conditions: [{ type: 'Suspended', status: 'True' }] },
      { startTime: '2026-01-09T00:00:00Z', conditions: [{ type: 'Suspended', status: 'False' }] },
      [],
    ],
  ])('%s', (_, before, after, errors) => expect(status({ spec: good }, before, after)).toEqual(errors));

  test('is told when it has too many indexes to follow', () => {
    expect(warnings({ spec: { ...indexed, completions: 100_001, parallelism: 10_001 } })).toEqual([
      expect.stringMatching(/^spec: In Indexed Jobs with a number/),
    ]);
  });
});

describe('a CronJob', () => {
  const { create, stored, warnings } = rulesOf('batch', 'v1', 'cronjobs');
  const jobTemplate = { spec: good };
  test.each<[string, string[]]>([
    ['*/5 * * * *', []],
    ['@hourly', []],
    ['@every 1h30m', []],
    ['0 0 1 jan sun', []],
    ['0,30 9-17/2 ? * MON-FRI', []],
    ['', ['Required value']],
    ['* * * *', ['Invalid value: "* * * *": expected exactly 5 fields, found 4: [* * * *]']],
    ['60 * * * *', ['Invalid value: "60 * * * *": end of range (60) above maximum (59): 60']],
    ['* * 0 * *', ['Invalid value: "* * 0 * *": beginning of range (0) below minimum (1): 0']],
    [
      'x * * * *',
      ['Invalid value: "x * * * *": failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'],
    ],
    ['5-1 * * * *', ['Invalid value: "5-1 * * * *": beginning of range (5) beyond end of range (1): 5-1']],
    ['1-2-3 * * * *', ['Invalid value: "1-2-3 * * * *": too many hyphens: 1-2-3']],
    ['1/2/3 * * * *', ['Invalid value: "1/2/3 * * * *": too many slashes: 1/2/3']],
    ['*/0 * * * *', ['Invalid value: "*/0 * * * *": step of range should be a positive number: */0']],
    ['@never', ['Invalid value: "@never": unrecognized descriptor: @never']],
    [
      '@every 1x',
      ['Invalid value: "@every 1x": failed to parse duration @every 1x: time: unknown unit "x" in duration "1x"'],
    ],
    ['@every 5', ['Invalid value: "@every 5": failed to parse duration @every 5: time: missing unit in duration "5"']],
    [
      'TZ=UTC * * * * *',
      ['Invalid value: "TZ=UTC * * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead'],
    ],
  ])('schedule %j', (schedule, errors) =>
    expect(create({ spec: { schedule, jobTemplate } })).toEqual(errors.map((e) => `spec.schedule: ${e}`)),
  );

  test.each<[string, string[]]>([
    ['Asia/Seoul', []],
    ['UTC', []],
    ['US/Pacific', []],
    ['Etc/GMT+5', []],
    ['', ['timeZone must be nil or non-empty string']],
    ['asia/seoul', ['unknown time zone asia/seoul']],
    ['+01', ['unknown time zone +01']],
    ['a b', ['unknown time zone a b']],
    ['Local', ['timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones']],
  ])('time zone %j', (timeZone, errors) =>
    expect(create({ spec: { schedule: '@daily', timeZone, jobTemplate } })).toEqual(
      errors.map((e) => `spec.timeZone: Invalid value: ${JSON.stringify(timeZone)}: ${e}`),
    ),
  );

  test('has a short name and a template without a selector', () => {
    expect(
      create(
        {
          spec: {
            schedule: '@daily',
            jobTemplate: { spec: { ...good, manualSelector: true, selector: {} } },
            successfulJobsHistoryLimit: -1,
          },
        },
        { name: 'a'.repeat(53) },
      ),
    ).toEqual([
      'spec.jobTemplate.spec.selector: Invalid value: {}: `selector` will be auto-generated',
      'spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: "nil", "false"',
      `spec.successfulJobsHistoryLimit: Invalid value: -1: ${NEGATIVE}`,
      `metadata.name: Invalid value: "${'a'.repeat(53)}": must be no more than 52 characters`,
    ]);
  });
  test('gives its Jobs nothing of its own', () => {
    const { spec } = stored({ spec: { schedule: '@daily', jobTemplate } });
    expect(spec).toMatchObject({
      concurrencyPolicy: 'Allow',
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
    });
    expect(Object.keys(at(spec, 'jobTemplate.spec') as object)).toEqual(['template']);
    expect(warnings({ spec: { schedule: '@daily', jobTemplate } }, { name: 'a.b' })).toHaveLength(1);
  });
});
