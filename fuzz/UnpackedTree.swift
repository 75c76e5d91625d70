import Archive

/// The folder that an archive is unpacked into, as a model: where each name would come to lie, and where each link would lead.
struct UnpackedTree {
    private var kinds: [[UInt8]: TarEntry.Kind] = [:]
    private(set) var totalBytes = 0

    /// Puts an admitted entry where its name says, and traps where that is not inside.
    mutating func unpack(_ entry: TarEntry) {
        let parts = entry.name.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        must(parts.allSatisfy { !$0.isEmpty && !$0.elementsEqual(".".utf8) && !$0.elementsEqual("..".utf8) && !$0.contains(0) }, "a name that is not plain")
        for depth in 1..<parts.count {
            must(kinds[Array(parts[..<depth].joined(separator: "/".utf8))] == .folder, "a name below what is no folder")
        }
        if case .hardLink(let original) = entry.kind { must(isFile(original), "a second name of what is no file") }
        must(kinds.updateValue(entry.kind, forKey: entry.name) == nil, "a name twice")
        totalBytes += entry.sizeBytes
    }

    private func isFile(_ name: [UInt8]) -> Bool {
        switch kinds[name] {
        case .file, .hardLink: true
        default: false
        }
    }

    /// Follows every link as the kernel would, all entries being there.
    func checkLinks() {
        for (name, kind) in kinds {
            if case .symbolicLink = kind { follow(name.split(separator: UInt8(ascii: "/"))[...]) }
        }
    }

    private func follow(_ path: ArraySlice<ArraySlice<UInt8>>) {
        var left = path
        var reached: [ArraySlice<UInt8>] = []
        var links = 0
        while let part = left.popFirst() {
            if part.elementsEqual(".".utf8) { continue }
            if part.elementsEqual("..".utf8) {
                must(!reached.isEmpty, "a link leads out")
                reached.removeLast()
                continue
            }
            switch kinds[Array((reached + [part]).joined(separator: "/".utf8))] {
            case .folder: reached.append(part)
            case .symbolicLink(let target):
                must(target.first != UInt8(ascii: "/"), "an absolute link")
                links += 1
                if links > 40 { return }
                left = target.split(separator: UInt8(ascii: "/")) + left
            // Nothing lies behind a file, and nothing behind what is not there.
            default: return
            }
        }
    }
}
