// The gateway's readers and writers use Node's `Buffer`, which scripts/build-page.mjs gives them in the page as well: its type, and
// no other of Node's globals, which an import would bring along.
/* eslint-disable @typescript-eslint/triple-slash-reference */
/// <reference path="../../../node_modules/@types/node/buffer.d.ts" />
/// <reference path="../../../node_modules/@types/node/buffer.buffer.d.ts" />
