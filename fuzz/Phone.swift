import Onboarding

/// Phone numbers: what is taken is E.164, is taken again as itself, and has the digits of the text in their order, none invented and none dropped.
func fuzzPhone(_ data: UnsafeBufferPointer<UInt8>) {
    let text = String(decoding: data, as: UTF8.self)
    let parsed = try? PhoneNumber(parsing: text)
    let strict = try? PhoneNumber(strict: text)
    must(strict == PhoneNumber(e164: text), "two ways to take E.164")
    if let strict { must(strict == parsed && strict.e164.utf8.elementsEqual(text.utf8), "E.164 is not taken as it is") }
    guard let number = parsed else { return }

    let written = Array(number.e164.utf8)
    must((3...16).contains(written.count) && written[0] == UInt8(ascii: "+") && (0x31...0x39).contains(written[1]), "no E.164")
    must(written.dropFirst().allSatisfy { (0x30...0x39).contains($0) }, "no E.164")
    must(PhoneNumber(e164: number.e164) == number && (try? PhoneNumber(parsing: number.e164)) == number, "not taken again as itself")
    must(number.description.filter(\.isNumber).count <= 4, "it shows more than four digits")
    must("+" + digits(of: text) == number.e164, "other digits than the text's")
}

/// The decimal digits of a text, whatever their script, from the country code on.
private func digits(of text: String) -> String {
    let scalars = text.unicodeScalars
    // The id of a device and the server's name are no part of the number.
    if let at = scalars.firstIndex(of: "@") { return String(scalars[..<at].prefix { $0 != ":" }.filter { ("0"..."9").contains($0) }.map(Character.init)) }
    var digits = ""
    for scalar in scalars where scalar.properties.generalCategory == .decimalNumber { digits += "\(Int(scalar.properties.numericValue ?? -1))" }
    return scalars.contains("+") || scalars.contains("\u{FF0B}") ? digits : String(digits.dropFirst(2))
}
