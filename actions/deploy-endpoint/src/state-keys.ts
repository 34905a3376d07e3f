/** Names under which the main step leaves for the post step what there is to end. */
export const STATE = {
  folder: 'endpoint-folder',
  revision: 'revision',
  target: 'target',
  keepAlive: 'keep-alive',
} as const;
