#pragma once
// Errors are values: every fallible function below http/ returns Result<T>.

#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace diptych {

enum class ErrorCode {
  kInvalidArgument,  // the caller's value is wrong; `param` names it
  kNotFound,
  kConflict,     // the state does not allow it
  kUnsupported,  // understood, but this build, model or setting cannot do it
  kOverloaded,   // a bounded queue is full; try again after `retry_after_ms`
  kBudgetSpent,
  kCancelled,
  kTimeout,
  kUnauthorized,  // no key or a wrong one
  kForbidden,     // a good key without the scope
  kIo,
  kOutOfMemory,
  kInternal,  // our bug
};

std::string_view name_of(
    ErrorCode code);  // "invalid_argument", …: stable, for logs and metric labels

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;     // what is wrong, the value given, the limit
  std::string param;       // the field, as the client spelled it; may be empty
  std::string detail;      // finer machine-readable code such as "unknown_parameter"; may be empty
  int retry_after_ms = 0;  // > 0: waiting that long helps
};

// Something asked for that is honoured differently than the caller may expect. Travels with the
// answer.
struct Warning {
  std::string param, message;
};
using Warnings = std::vector<Warning>;

template <class T>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using std::expected<T, Error>::expected;
};

using Status = Result<void>;

inline std::unexpected<Error> fail(ErrorCode code, std::string message, std::string param = {},
                                   std::string detail = {}) {
  return std::unexpected(Error{code, std::move(message), std::move(param), std::move(detail), 0});
}
inline std::unexpected<Error> fail(Error error) { return std::unexpected(std::move(error)); }

// TRY(auto x, f()): x is the value, or the enclosing function returns the error.  TRY_STATUS(f()):
// the same for Status.
#define DIPTYCH_CONCAT_(a, b) a##b
#define DIPTYCH_CONCAT(a, b) DIPTYCH_CONCAT_(a, b)
#define TRY_IMPL_(result, declaration, expression)                \
  auto result = (expression);                                     \
  if (!result) return std::unexpected(std::move(result).error()); \
  declaration = std::move(*result)
#define TRY(declaration, ...) \
  TRY_IMPL_(DIPTYCH_CONCAT(try_result_, __LINE__), declaration, (__VA_ARGS__))
#define TRY_STATUS(...)                                       \
  do {                                                        \
    if (auto try_status_ = (__VA_ARGS__); !try_status_)       \
      return std::unexpected(std::move(try_status_).error()); \
  } while (false)

}  // namespace diptych
