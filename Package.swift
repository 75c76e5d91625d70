// swift-tools-version:6.0
import PackageDescription

let package = Package(
    name: "dcb",
    targets: [
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CSQLite"),
        .target(name: "Platform", dependencies: ["CLinux"]),
    ]
)
