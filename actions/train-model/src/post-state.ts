/** The state by which the post step finds the processes of the training. */
export const GROUP_STATE = 'training-group';
/** The state by which the post step finds a dispatched run that nobody follows any more. */
export const REMOTE_STATE = 'dispatched-run';
