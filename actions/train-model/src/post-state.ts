/** The state by which the post step finds the processes of the training. */
export const GROUP_STATE = 'training-group';
