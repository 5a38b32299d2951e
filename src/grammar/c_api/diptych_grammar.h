#pragma once
/* Constrained decoding from C: grammars compiled against a vocabulary, token masks, roll-back,
 * forks.
 *
 * Objects are made by _new, _compile and _fork and given back by _free; a constraint keeps its
 * vocabulary alive, a matcher its constraint, so the order does not matter. A vocabulary and a
 * constraint may be used by many threads at once, a matcher by one at a time.
 *
 * Functions that can fail take `char** error`. On failure it holds a JSON object
 * {"code", "keyword", "pointer", "message", "hint"} (free it with dg_text_free), and is untouched
 * otherwise; it may be NULL. */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dg_vocabulary dg_vocabulary;
typedef struct dg_constraint dg_constraint;
typedef struct dg_matcher dg_matcher;

/* Token i has lengths[i] bytes, one after the other in `bytes`. special (may be NULL): not 0 for
 * control tokens. ends: tokens that end a text. Masks of all its grammars are kept together, at
 * most store_bytes_max of them. NULL on failure. */
typedef struct dg_tokens {
  const uint8_t* bytes;
  const uint32_t* lengths;
  const uint8_t* special;
  size_t count;
  const int32_t* ends;
  size_t end_count;
  size_t store_bytes_max; /* 0: 256 MiB */
} dg_tokens;
dg_vocabulary* dg_vocabulary_new(const dg_tokens* tokens, char** error);
void dg_vocabulary_free(dg_vocabulary* vocabulary);
size_t dg_vocabulary_mask_words(const dg_vocabulary* vocabulary); /* uint32 words of a mask */

/* kind: "json_schema", "json_object", "regex", "gbnf", "lark", "choice", "structural_tag". policy:
 * a JSON object that may hold order, additional, whitespace, escapes, numbers, formats and
 * unknown_keywords; NULL: the defaults. NULL on failure. */
dg_constraint* dg_compile(const dg_vocabulary* vocabulary, const char* kind, const char* text,
                          const char* policy, char** error);
void dg_constraint_free(dg_constraint* constraint);
char* dg_constraint_warnings(const dg_constraint* constraint); /* a JSON array; dg_text_free */
char* dg_constraint_stats(const dg_constraint* constraint);    /* a JSON object; dg_text_free */

dg_matcher* dg_matcher_new(const dg_constraint* constraint);
dg_matcher* dg_matcher_fork(const dg_matcher* matcher);
void dg_matcher_free(dg_matcher* matcher);

/* Bit t % 32 of word t / 32: token t may come now. Valid until the next dg_matcher_mask of this
 * matcher or its end. NULL on failure. */
const uint32_t* dg_matcher_mask(dg_matcher* matcher, char** error);
/* The same into memory of the caller's, of dg_vocabulary_mask_words() words. 0: done. */
int dg_matcher_copy_mask(dg_matcher* matcher, uint32_t* words, char** error);
int dg_matcher_accept(dg_matcher* matcher, int32_t token, char** error); /* 0: accepted */
/* How many of the tokens would be accepted, in order; nothing changes. */
size_t dg_matcher_count_accepted(const dg_matcher* matcher, const int32_t* tokens, size_t count);
int dg_matcher_rollback(dg_matcher* matcher, size_t token_count, char** error); /* 0: done */
int dg_matcher_may_end(const dg_matcher* matcher);
int dg_matcher_ended(const dg_matcher* matcher);
/* Bytes that must come next, not terminated; *size is set. dg_text_free. */
char* dg_matcher_forced_bytes(const dg_matcher* matcher, size_t* size);
/* At most `tokens_max` tokens that must come next into `tokens`; returns how many there are. */
size_t dg_matcher_forced_tokens(const dg_matcher* matcher, int32_t* tokens, size_t tokens_max);
void dg_matcher_limit_tokens(dg_matcher* matcher, size_t token_count_max); /* 0: no limit */

void dg_text_free(char* text);

#ifdef __cplusplus
}
#endif
