import Onboarding
import Platform
import TestSupport
import Testing

@Suite struct PolicyFileTests {
    func paths(_ folder: Folder, _ options: [String: String] = [:]) throws -> Paths {
        try #require(Paths.resolve(option: { $0 == "state-dir" ? folder.path : options[$0] }, environment: [:], home: "/home/ada"))
    }

    @Test func absentIsBuiltIn() throws {
        let folder = try Folder()
        #expect(try Policy.load(for: paths(folder)) == .builtIn)
    }

    @Test func presentIsRead() throws {
        let folder = try Folder()
        try folder.write("dcb.json", "{trashDays:3}")
        #expect(try Policy.load(for: paths(folder)).trashDays == 3)
    }

    @Test func askedForMustBeThere() throws {
        let folder = try Folder()
        try folder.write("dcb.json", "{trashDays:3}")
        let missing = Path.join(folder.path, "other.json")
        #expect(throws: PolicyError.missing(path: missing)) { try Policy.load(for: try paths(folder, ["settings": missing])) }
        try folder.write("other.json", "{trashDays:4}")
        #expect(try Policy.load(for: paths(folder, ["settings": missing])).trashDays == 4)
    }

    @Test func stateFolderIsPrivate() throws {
        let folder = try Folder()
        try folder.write("dcb.json", "{sandbox:{binds:['\(folder.path)/agents:/x']}}")
        #expect(throws: PolicyError.self) { try Policy.load(for: try paths(folder)) }
    }

    @Test func aFolderIsNoFile() throws {
        let folder = try Folder()
        try Files.makeDirectory(Path.join(folder.path, "dcb.json"))
        #expect(throws: PolicyError.self) { try Policy.load(for: try paths(folder)) }
    }

    @Test func tooLongIsRefused() throws {
        let folder = try Folder()
        try folder.write("dcb.json", "{}" + String(repeating: " ", count: 1 << 20))
        #expect(throws: PolicyError.self) { try Policy.load(for: try paths(folder)) }
    }

    @Test func danglingLinkIsNoPolicy() throws {
        let folder = try Folder()
        try folder.link("dcb.json", to: "/nowhere/dcb.json")
        #expect(throws: PolicyError.self) { try Policy.load(for: try paths(folder)) }
    }

    @Test func aBindThroughALinkIsJudgedByWhereItLeads() throws {
        let folder = try Folder()
        try folder.link("tools", to: "/etc")
        try Files.makeDirectory(Path.join(folder.path, "state"))
        try folder.write("state/dcb.json", "{sandbox:{binds:['\(folder.path)/tools:/x']}}")
        let paths = try #require(Paths.resolve(option: { $0 == "state-dir" ? folder.path + "/state" : nil }, environment: [:], home: nil))
        let error = thrown(PolicyError.self) { try Policy.load(for: paths) }
        #expect(error?.detail.contains("/etc") == true)
    }

    @Test func whatHoldsTheRecordIsPrivate() throws {
        let folder = try Folder()
        try folder.write("dcb.json", "{sandbox:{binds:['/srv/data:/x']}}")
        #expect(throws: PolicyError.self) { try Policy.load(for: try paths(folder, ["db": "/srv/data/onboarding.db"])) }
        #expect(throws: Never.self) { try Policy.load(for: try paths(folder, ["db": "/srv/other/onboarding.db"])) }
    }
}
