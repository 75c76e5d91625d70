/// Why a text is not taken as a phone number.
public enum PhoneNumberError: String, Error, Sendable, Equatable, CaseIterable {
    case empty = "it is empty"
    case notE164 = "it is not exactly a plus and 2 to 15 digits of which the first is not 0"
    case tooShort = "it has fewer than 2 digits"
    case tooLong = "it has more than 15 digits"
    case national = "it has neither + nor 00 and a country code in front"
    case notInternational = "its country code begins with 0"
    case trunkZero = "it has a zero in parentheses, which may or may not be part of the number"
    case extended = "it has an extension, which WhatsApp cannot reach"
    case parameters = "it has parameters or several numbers"
    case letters = "it has letters in it"
    case control = "it has control characters or line breaks in it"
    case numerals = "it has numerals in it that are no decimal digits"
    case mixedDigits = "its digits are of several scripts"
    case reversed = "it has a mark that shows its digits in reverse order"
    case plus = "it has a plus elsewhere than in front"
    case parentheses = "its parentheses are unbalanced, nested or empty"
    case separators = "its separators stand where no digits are"
    case symbol = "it has a character that no phone number has"
    case lid = "it is a WhatsApp LID, which hides the number"
    case group = "it is a WhatsApp group"
    case broadcast = "it is a WhatsApp broadcast list"
    case newsletter = "it is a WhatsApp channel"
    case server = "its part after the @ is no WhatsApp server of people"
    case user = "its part before the @ is not digits alone"

    /// The rest of a sentence that begins with what was refused; holds nothing of the input.
    public var reason: String { rawValue }
}
