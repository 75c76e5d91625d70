extension Tape {
    /// A string or key, decoded; half a surrogate pair as U+FFFD.
    func text(_ index: Int) -> String {
        let content = bytes[content(index)]
        guard hasEscapes(index) else { return String(decoding: content, as: UTF8.self) }
        return String(decoding: Escapes.decode(content, loneSurrogates: .replace), as: UTF8.self)
    }

    /// Whether a string or key, decoded, is exactly these bytes.
    func textEquals(_ index: Int, _ text: String) -> Bool {
        let content = content(index)
        guard hasEscapes(index) else {
            guard text.utf8.count == content.count else { return false }
            var text = text
            return text.withUTF8 { text in
                bytes.withUnsafeBufferPointer { bytes in
                    // From the end: paths and ids differ there.
                    for i in stride(from: text.count - 1, through: 0, by: -1) where bytes[content.lowerBound + i] != text[i] { return false }
                    return true
                }
            }
        }
        // An escape is never shorter than what it stands for.
        guard text.utf8.count <= content.count else { return false }
        return Escapes.decode(bytes[content], loneSurrogates: .keep).elementsEqual(text.utf8)
    }

    /// The index of the value of the last member of an object with exactly this key, nil when there is none.
    func lastMember(of object: Int, key: String) -> Int? {
        var key = key
        // In unsafe buffers, since this is what most of the time goes into when many lookups are made.
        return key.withUTF8 { key in
            bytes.withUnsafeBufferPointer { bytes in
                words.withUnsafeBufferPointer { words in
                    var found: Int?
                    var index = object + 3
                    let end = next(object)
                    while index < end {
                        let head = words[index]
                        let quotes = head >> 31 & 7 == Tag.string.rawValue ? 1 : 0
                        let start = Int(head & 0x7FFF_FFFF) + quotes
                        let length = Int(head >> 35) - 2 * quotes
                        let isEqual: Bool
                        if head >> 34 & 1 == 1 {
                            // An escape is never shorter than what it stands for.
                            isEqual =
                                length >= key.count
                                && Escapes.decode(bytes[start..<start + length], loneSurrogates: .keep).elementsEqual(key)
                        } else {
                            isEqual = length == key.count && (0..<length).allSatisfy { bytes[start + $0] == key[$0] }
                        }
                        if isEqual { found = index + 1 }
                        let tag = words[index + 1] >> 31 & 7
                        let isContainer = tag == Tag.array.rawValue || tag == Tag.object.rawValue
                        index = isContainer ? Int(words[index + 2] >> 32) : index + 2
                    }
                    return found
                }
            }
        }
    }
}
