/// The error of that type that `body` throws; nil when it throws none, or another.
public func thrown<E: Error, T>(_: E.Type, _ body: () throws -> T) -> E? {
    do {
        _ = try body()
        return nil
    } catch { return error as? E }
}
