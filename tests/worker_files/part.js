self.part = "imported";
