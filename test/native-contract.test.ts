import { describe, expect, it } from 'vitest';
import { BINDING_FUNCTIONS } from '../lib/runtime/native/binding.js';
import type { Binding } from '../lib/runtime/native/binding.js';
import { loadBinding } from '../lib/runtime/native/loader.js';

/** What {@link Binding} declares and the list lacks: the test does not compile unless that is nothing. */
const unlisted: Exclude<keyof Binding, (typeof BINDING_FUNCTIONS)[number]>[] = [];
const nothing: never[] = unlisted;

describe('the contract of the addon', () => {
  it('is the same in TypeScript and in C++', () => {
    expect(Object.keys(loadBinding()).sort()).toEqual([...BINDING_FUNCTIONS, ...nothing].sort());
  });

  it('names every function once', () => {
    expect(new Set(BINDING_FUNCTIONS).size).toBe(BINDING_FUNCTIONS.length);
  });
});
