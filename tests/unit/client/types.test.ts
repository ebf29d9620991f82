import { describe, expectTypeOf, it } from 'vitest';
import type {
  AirlockEvent,
  CallParams,
  CallResult,
  Client,
  FileContent,
  MethodName,
  SubmittedFile,
  Subscription,
} from '../../../src/index.ts';

// Checked by the compiler: nothing here runs against a daemon.
describe('the types of the client library', () => {
  it('take params and results from the registry', () => {
    expectTypeOf<CallParams<'submission/get'>>().toEqualTypeOf<{ submissionId: string }>();
    expectTypeOf<CallResult<'ping'>>().toEqualTypeOf<{ bootId: string; uptimeMs: number }>();
    expectTypeOf<'status/get'>().toExtend<MethodName>();
    expectTypeOf<'status/polish'>().not.toExtend<MethodName>();
  });

  it('let the idempotency key be left out, and ask for it nowhere else', () => {
    expectTypeOf<{ name: string; content: string }>().toExtend<CallParams<'report/submit'>>();
    expectTypeOf<{ content: string }>().not.toExtend<CallParams<'report/submit'>>();
    expectTypeOf<{ name: string; content: string }>().toExtend<SubmittedFile>();
  });

  it('tell which contents there are', () => {
    expectTypeOf<string>().toExtend<FileContent>();
    expectTypeOf<Buffer>().toExtend<FileContent>();
    expectTypeOf<AsyncGenerator<Uint8Array>>().toExtend<FileContent>();
    expectTypeOf<() => NodeJS.ReadableStream & AsyncIterable<Buffer>>().toExtend<FileContent>();
    expectTypeOf<number[]>().not.toExtend<FileContent>();
  });

  it('give the data of the topics that were asked for, and no others', () => {
    type Item = AirlockEvent<'submission' | 'status'>;

    expectTypeOf<Item['topic']>().toEqualTypeOf<'submission' | 'status' | 'lagged' | 'snapshot'>();
    expectTypeOf<Extract<Item, { topic: 'status' }>['data']>().toEqualTypeOf<CallResult<'status/get'>>();
    expectTypeOf<ReturnType<Client['subscribe']>>().toExtend<Promise<Subscription>>();
  });
});
