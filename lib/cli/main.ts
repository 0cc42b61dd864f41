#!/usr/bin/env node
import { freezeYoungGeneration } from '../runtime/young-generation.js';

// Before all else is loaded, which would let it grow.
freezeYoungGeneration();
const { runCommandLine } = await import('./command-line.js');
await runCommandLine();
