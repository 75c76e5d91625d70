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
      let utf8 = text.utf8
      return utf8.count == content.count && bytes[content].elementsEqual(utf8)
    }
    // An escape is never shorter than what it stands for.
    guard text.utf8.count <= content.count else { return false }
    return Escapes.decode(bytes[content], loneSurrogates: .keep).elementsEqual(text.utf8)
  }
}
