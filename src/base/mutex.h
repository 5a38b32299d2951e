#pragma once
// std::mutex with clang's thread-safety annotations: `int x GUARDED_BY(mutex_);` is checked at
// compile time.

#include <condition_variable>
#include <mutex>

#ifdef __clang__
#define DIPTYCH_TSA(x) __attribute__((x))
#else
#define DIPTYCH_TSA(x)
#endif
#define GUARDED_BY(m) DIPTYCH_TSA(guarded_by(m))
#define REQUIRES(...) DIPTYCH_TSA(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) DIPTYCH_TSA(locks_excluded(__VA_ARGS__))

namespace diptych {

class DIPTYCH_TSA(capability("mutex")) Mutex {
 public:
  void lock() DIPTYCH_TSA(acquire_capability()) { mutex_.lock(); }
  void unlock() DIPTYCH_TSA(release_capability()) { mutex_.unlock(); }
  bool try_lock() DIPTYCH_TSA(try_acquire_capability(true)) { return mutex_.try_lock(); }

 private:
  std::mutex mutex_;
};

class DIPTYCH_TSA(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) DIPTYCH_TSA(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.lock();
  }
  ~MutexLock() DIPTYCH_TSA(release_capability()) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

using CondVar = std::condition_variable_any;  // waits on a Mutex that the caller holds

}  // namespace diptych
