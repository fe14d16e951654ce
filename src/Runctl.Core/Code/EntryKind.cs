namespace Runctl.Code;

/// <summary>What lies under a name. A link is told as a link, whatever it leads to.</summary>
internal enum EntryKind
{
    Missing,
    File,
    Directory,
    Link,
    Special,
}
