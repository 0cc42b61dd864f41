/** Which scenario is the first to be tried, where it is not that of a new disk. @type {Record<string, string>} */
export const SCENARIO_OF = {
  'lib/store/evict.ts': 'eviction',
  'lib/store/tidy.ts': 'eviction',
  'lib/store/repairs.ts': 'a product made anew',
  'lib/store/quarantine.ts': "a stranger's file",
  'lib/store/open.ts': 'a database made anew',
};

/**
 * What may not be taken out of the store: each entry removes or moves one sync, rename or step, and a test has to
 * notice. `find` stands in the file once.
 * @type {{ name: string, file: string, find: string, replace: string }[]}
 */
export const MUTATIONS = [
  {
    name: 'a frame is not synced',
    file: 'lib/store/frame-files.ts',
    find: 'const sealed = await seal(io, source);',
    replace: 'const sealed = (await digestFile(io, source))!;',
  },
  {
    name: 'the folder of a frame is not synced',
    file: 'lib/store/frame-files.ts',
    find: 'await io.syncFolder(folder);',
    replace: '',
  },
  {
    name: 'a frame is not renamed into its folder',
    file: 'lib/store/frame-files.ts',
    find: 'if (source !== target) await io.rename(source, target);',
    replace: '',
  },
  {
    name: 'the record of a frame is not written',
    file: 'lib/store/frame-files.ts',
    find: 'await writeDurably(io, join(folder, ACQUIRED), record);',
    replace: '',
  },
  {
    name: 'acquired before its files are durable',
    file: 'lib/store/raw-files.ts',
    find: 'const { raw, recordBytes } = await io.run(placeFrame, frame);',
    replace: `
      const found = await digestFile(io, path);
      if (found) {
        const { width, height, mime } = facts;
        const name = mime === 'image/png' ? 'raw.png' : 'raw.jpg';
        const early = { name, ...found, mime, width, height, present: true };
        const done = await move(context, id, { to: 'acquired', raw: early, acquiredAt }, 0);
        await io.run(placeFrame, frame);
        return done;
      }
      const { raw, recordBytes } = await io.run(placeFrame, frame);`,
  },
  {
    name: 'a product is not synced',
    file: 'lib/store/product-files.ts',
    find: 'const sealed = await seal(io, path);',
    replace: 'const sealed = (await digestFile(io, path))!;',
  },
  {
    name: 'names of a product are not synced before its manifest',
    file: 'lib/store/product-files.ts',
    find: 'await io.syncFolder(folder);\n  await writeDurably',
    replace: 'await writeDurably',
  },
  {
    name: 'the name of a manifest is not synced',
    file: 'lib/store/product-files.ts',
    find: 'await io.syncFolder(folder);\n  const acquired',
    replace: 'const acquired',
  },
  {
    name: 'a product is not renamed',
    file: 'lib/store/product-files.ts',
    find: 'await io.rename(draft.productPath, join(folder, capture.product!.name));',
    replace: '',
  },
  {
    name: 'a thumbnail is not renamed',
    file: 'lib/store/product-files.ts',
    find: 'if (capture.thumbnail) await io.rename(draft.thumbnailPath, join(folder, capture.thumbnail.name));',
    replace: '',
  },
  {
    name: 'stored before the manifest is written',
    file: 'lib/store/products.ts',
    find: 'const { manifestBytes, now, ...files } = await context.io.run(placeProduct, job);',
    replace: `
      const files = await sealFiles(context.io, job);
      const { now } = job;
      const early = await move(context, draft.id, { to: 'stored', facts: storedFacts(facts, files) }, 0, now);
      await context.io.run(placeProduct, job);
      const manifestBytes = 0;
      if (early) return early;`,
  },
  {
    name: 'a small file is not synced before its rename',
    file: 'lib/store/durable.ts',
    find: 'await sync(file, temporary);',
    replace: '',
  },
  {
    name: 'a small file is written under its own name',
    file: 'lib/store/durable.ts',
    find: 'await io.rename(temporary, path);',
    replace: '',
  },
  {
    name: 'a file whose sync has failed is synced again',
    file: 'lib/store/durable.ts',
    find: "if (diskError(error, '').code === 'SYNC') await io.unlink(path);",
    replace: '',
  },
  {
    name: 'a new folder is not synced into its parent',
    file: 'lib/store/durable.ts',
    find: 'await io.syncFolder(dirname(folder));',
    replace: '',
  },
  {
    name: 'deletions are not synced',
    file: 'lib/store/tidy.ts',
    find: 'await io.syncFolder(folder);\n    return finish',
    replace: 'return finish',
  },
  {
    name: 'a manifest does not say what has gone',
    file: 'lib/store/tidy.ts',
    find: "if (capture.state === 'stored') await rewriteManifest(context, folder, capture);",
    replace: '',
  },
  {
    name: 'a manifest that says what has gone is not synced',
    file: 'lib/store/tidy.ts',
    find: 'await writeDurably(context.io, path, bytes);\n  await context.io.syncFolder(folder);',
    replace: 'await writeDurably(context.io, path, bytes);',
  },
  {
    name: 'an eviction is not remembered until it is done',
    file: 'lib/store/evict.ts',
    find: 'event, untidy: true, broken: false }',
    replace: 'event, untidy: false, broken: false }',
  },
  {
    name: 'files go before the database says so',
    file: 'lib/store/evict.ts',
    find: 'await context.ledger.commit(() => [change]);',
    replace: 'await tidy(context, after); await context.ledger.commit(() => [change]);',
  },
  {
    name: 'the inbox is not emptied',
    file: 'lib/store/recovery.ts',
    find: 'await emptyInbox(context);',
    replace: '',
  },
  {
    name: 'what was under way is not recovered',
    file: 'lib/store/recovery.ts',
    find: 'await orLater(context, capture, () => recoverCapture(context, capture, recovered));',
    replace: '',
  },
  {
    name: 'a product is taken for whole unread',
    file: 'lib/store/recovery.ts',
    find: 'if (!(await filesAreWhole(context, manifest.capture))) return null;',
    replace: '',
  },
  {
    name: 'listeners hear before a change is durable',
    file: 'lib/store/ledger.ts',
    find: 'await this.#write([...changes.map(toRow)',
    replace: 'this.#tell(events); await this.#write([...changes.map(toRow)',
  },
  {
    name: 'the name of the format is not synced',
    file: 'lib/store/format.ts',
    find: 'await io.syncFolder(folder);\n}',
    replace: '}',
  },
  {
    name: 'the folder of a new store is not synced into its parent',
    file: 'lib/store/format.ts',
    find: 'await io.syncFolder(dirname(folder));\n  await writeDurably',
    replace: 'await writeDurably',
  },
];

/**
 * More of them, for the long form: which of these are noticed has not been recorded yet.
 * @type {{ name: string, file: string, find: string, replace: string }[]}
 */
export const MORE = [
  {
    name: 'another frame of an earlier attempt stays',
    file: 'lib/store/frame-files.ts',
    find: 'await dropOthers(io, folder, name);',
    replace: '',
  },
  {
    name: 'the name of the reserve is not synced',
    file: 'lib/store/reserve.ts',
    find: 'await this.#io.syncFolder(dirname(this.#path));',
    replace: '',
  },
  {
    name: 'the reserve is not synced',
    file: 'lib/store/reserve.ts',
    find: 'await file.sync();',
    replace: '',
  },
  {
    name: 'the new name of what is kept aside is not synced',
    file: 'lib/store/quarantine.ts',
    find: '() => io.syncFolder(dirname(kept)),\n    () => io.unlink(kept),',
    replace: 'async () => undefined,\n    () => io.unlink(kept),',
  },
  {
    name: 'a file that could not be kept aside durably goes all the same',
    file: 'lib/store/quarantine.ts',
    find: 'await undo();\n    throw error;',
    replace: '',
  },
  {
    name: 'the old name of what is kept aside is not synced',
    file: 'lib/store/quarantine.ts',
    find: 'await io.syncFolder(dirname(path));',
    replace: '',
  },
  {
    name: 'a repair is not begun durably',
    file: 'lib/store/repairs.ts',
    find: 'await context.ledger.commit(() => [{ record: begun, event: null, untidy: true }]);',
    replace: '',
  },
  {
    name: 'a product made anew counts before it is in its place',
    file: 'lib/store/repairs.ts',
    find: 'const { manifestBytes, product, thumbnail } = await context.io.run(placeProduct, job);',
    replace: `
      const files = await sealFiles(context.io, job);
      const made = repair(record.capture, storedFacts(facts, files));
      const early = { record: { capture: made.capture, manifestBytes: 0 }, untidy: true, broken: false };
      await context.ledger.commit(() => [{ ...early, event: { type: made.type, detail: made.detail } }]);
      const { manifestBytes, product, thumbnail } = await context.io.run(placeProduct, job);
      if (manifestBytes) return made.capture;`,
  },
  {
    name: 'a product made anew takes the name of the old one',
    file: 'lib/store/repairs.ts',
    find: 'path(productName(format, restorations))',
    replace: 'path(productName(format))',
  },
  {
    name: 'a repair that only the database missed is not finished',
    file: 'lib/store/recovery.ts',
    find: 'recovered.completed += await finishRepairs(context);',
    replace: '',
  },
  {
    name: 'a folder is taken for tidy though its manifest has other bytes than are counted',
    file: 'lib/store/tidy.ts',
    find: 'if (manifestBytes === record.manifestBytes) return context.ledger.tidied(entry.order);',
    replace: 'return context.ledger.tidied(entry.order);',
  },
  {
    name: 'files of a record that goes are not synced away',
    file: 'lib/store/evict.ts',
    find: 'await io.syncFolder(folder);\n    await io.removeFolder(folder);',
    replace: 'await io.removeFolder(folder);',
  },
  {
    name: 'the folder of a record that goes is not synced away',
    file: 'lib/store/evict.ts',
    find: 'await io.syncFolder(dirname(folder));',
    replace: '',
  },
  {
    name: 'a record goes before its folder',
    file: 'lib/store/evict.ts',
    find: "if ((await io.stat(folder))?.kind === 'folder') {",
    replace: "await context.ledger.remove(entry); if ((await io.stat(folder))?.kind === 'folder') {",
  },
  {
    name: 'strangers are kept aside after the database is whole again',
    file: 'lib/store/open.ts',
    find: 'const quarantinedFiles = await quarantineFolders(place, found.strangers, known);',
    replace: 'const quarantinedFiles = 0;',
  },
  {
    name: 'the next file of the database is not synced',
    file: 'lib/store/generations.ts',
    find: 'await syncFile(this.#io, unfinished);',
    replace: '',
  },
  {
    name: 'the next file of the database is written under its own name',
    file: 'lib/store/generations.ts',
    find: 'await write(unfinished);',
    replace: 'await write(path); await write(unfinished);',
  },
  {
    name: 'the next file of the database is not renamed',
    file: 'lib/store/generations.ts',
    find: 'await this.#io.rename(unfinished, path);',
    replace: '',
  },
  {
    name: 'the name of the next file of the database is not synced',
    file: 'lib/store/generations.ts',
    find: 'await this.#io.syncFolder(this.#folder);',
    replace: '',
  },
];
