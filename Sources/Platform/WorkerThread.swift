import Glibc

/// Work beside the caller's, in a thread of its own: for what waits on descriptors while the caller computes.
public final class WorkerThread {
    private final class Work {
        let body: () -> Void
        init(_ body: @escaping () -> Void) { self.body = body }
    }

    private var thread = pthread_t()
    private var runs = true

    /// - Parameter body: may share with the caller only what is read after `join`, or is safe by itself.
    public init(_ body: @escaping @Sendable () -> Void) throws(SystemError) {
        let work = Unmanaged.passRetained(Work(body))
        let code = pthread_create(
            &thread, nil,
            { work in
                if let work { Unmanaged<Work>.fromOpaque(work).takeRetainedValue().body() }
                return nil
            }, work.toOpaque())
        if code != 0 {
            work.release()
            runs = false
            throw SystemError("start a thread", nil, Errno(code))
        }
    }

    /// Waits for its end.
    public func join() {
        if runs { pthread_join(thread, nil) }
        runs = false
    }

    deinit { join() }
}

/// A word between two threads: said once, seen from then on.
public final class Flag: @unchecked Sendable {
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private var raised = false

    public init() {
        lock = .allocate(capacity: 1)
        pthread_mutex_init(lock, nil)
    }

    deinit {
        pthread_mutex_destroy(lock)
        lock.deallocate()
    }

    public func raise() {
        pthread_mutex_lock(lock)
        raised = true
        pthread_mutex_unlock(lock)
    }

    public var isRaised: Bool {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return raised
    }
}
