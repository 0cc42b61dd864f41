/**
 * What may not be taken out of the store: each entry removes or moves one sync, rename or step, and a simulation has to
 * notice. `find` stands in the file once.
 * @type {{ name: string, file: string, find: string, replace: string }[]}
 */
export const MUTATIONS = [
  {
    name: 'a frame is not synced',
    file: 'lib/store/raw-files.ts',
    find: 'const sealed = await seal(io, source);',
    replace: 'const sealed = (await digestFile(io, source))!;',
  },
  {
    name: 'the folder of a frame is not synced',
    file: 'lib/store/raw-files.ts',
    find: 'await io.syncFolder(folder);',
    replace: '',
  },
  {
    name: 'a frame is not renamed into its folder',
    file: 'lib/store/raw-files.ts',
    find: 'if (source !== target) await io.rename(source, target);',
    replace: '',
  },
  {
    name: 'the record of a frame is not written',
    file: 'lib/store/raw-files.ts',
    find: 'await writeDurably(io, join(folder, ACQUIRED), record);',
    replace: '',
  },
  {
    name: 'acquired before its files are durable',
    file: 'lib/store/raw-files.ts',
    find: 'if (source !== target) await io.rename(source, target);',
    replace: `
      const early = await move(context, id, change, record.length);
      if (source !== target) await io.rename(source, target);
      await writeDurably(io, join(folder, ACQUIRED), record);
      await io.syncFolder(folder);
      if (early) return early;`,
  },
  {
    name: 'a product is not synced',
    file: 'lib/store/products.ts',
    find: 'const sealed = await seal(io, path);',
    replace: 'const sealed = (await digestFile(io, path))!;',
  },
  {
    name: 'names of a product are not synced before its manifest',
    file: 'lib/store/products.ts',
    find: 'await io.syncFolder(folder);\n    await writeDurably',
    replace: 'await writeDurably',
  },
  {
    name: 'the name of a manifest is not synced',
    file: 'lib/store/products.ts',
    find: 'await io.syncFolder(folder);\n    const acquired',
    replace: 'const acquired',
  },
  {
    name: 'a product is not renamed',
    file: 'lib/store/products.ts',
    find: 'await io.rename(draft.productPath, join(folder, product.name));',
    replace: '',
  },
  {
    name: 'a thumbnail is not renamed',
    file: 'lib/store/products.ts',
    find: 'if (thumbnail) await io.rename(draft.thumbnailPath, join(folder, thumbnail.name));',
    replace: '',
  },
  {
    name: 'stored before the manifest is written',
    file: 'lib/store/products.ts',
    find: 'await writeDurably(io, join(folder, MANIFEST), manifest);',
    replace: `
      const early = await move(context, draft.id, change, manifest.length);
      await writeDurably(io, join(folder, MANIFEST), manifest);
      await io.syncFolder(folder);
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
    find: 'await this.#io.syncFolder(dirname(folder));',
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
    find: 'event, untidy: true }',
    replace: 'event, untidy: false }',
  },
  {
    name: 'files go before the database says so',
    file: 'lib/store/evict.ts',
    find: 'await context.ledger.commit(context.io.now(), () => [change]);',
    replace: 'await tidy(context, after); await context.ledger.commit(context.io.now(), () => [change]);',
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
    find: 'for (const capture of context.catalogue.live()) await recoverCapture(context, capture, recovered);',
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
];
