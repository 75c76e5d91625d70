// swift-tools-version:6.0
import PackageDescription

let package = Package(
    name: "dcb",
    targets: [
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CSQLite"),
        .target(name: "Platform", dependencies: ["CLinux"]),
        .target(name: "JSON"),
        .target(name: "CommandKit", dependencies: ["JSON", "Platform"]),
        .target(name: "Onboarding", dependencies: ["JSON", "Platform"]),
        .executableTarget(name: "dcb-validate", dependencies: ["CommandKit", "Onboarding"]),
        .executableTarget(name: "dcb-onboard", dependencies: ["CommandKit"]),
    ]
)
