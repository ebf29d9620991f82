// What a person holds by hand, delivery by delivery: it stays held whatever its destination does, until it is released by hand.

/** Reason of such a hold. */
export const HELD_BY_PERSON = 'held_by_person';

/** Condition on `delivery AS d`: not held by hand. */
export const NOT_BY_HAND = `NOT (d.state = 'held' AND d.reason IS '${HELD_BY_PERSON}')`;
