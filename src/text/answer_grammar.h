#pragma once
// What answers of one model must match: grammars compiled for its vocabulary, each once.

#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <string>

#include "base/mutex.h"
#include "grammar/constraint.h"
#include "text/vocabulary.h"

namespace diptych {

class AnswerGrammars {  // safe from any thread; the vocabulary must outlive it
 public:
  explicit AnswerGrammars(const Vocabulary& vocabulary) : vocabulary_(vocabulary) {}

  // The grammar compiled, or as it was compiled lately. Blocks while a new one is
  // compiled, tens of milliseconds for the largest: for handler threads.
  grammar::Compiled<grammar::Constraint> get(const grammar::GrammarSource& source,
                                             const grammar::Policy& policy);

 private:
  struct Entry {
    std::string key;
    grammar::Constraint constraint;
  };
  using Entries = std::list<Entry>;  // the latest used first

  const grammar::Target& target() REQUIRES(mutex_);
  void keep(Entry entry) REQUIRES(mutex_);

  const Vocabulary& vocabulary_;
  Mutex mutex_;
  grammar::Target target_ GUARDED_BY(mutex_);  // made when the first grammar is asked for
  Entries entries_ GUARDED_BY(mutex_);
  std::map<std::string, Entries::iterator, std::less<>> by_key_ GUARDED_BY(mutex_);
};

}  // namespace diptych
